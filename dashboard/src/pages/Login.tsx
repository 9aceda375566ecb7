// Who has a token shows it once; from then on the browser carries it, out of reach of scripts.
import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useLocation, useNavigate } from "react-router";
import { address } from "../api/addresses";
import { Refused, send } from "../api/client";
import icon from "../icon.svg";
import { Warning } from "../ui/parts";
import { explain } from "../ui/toast";

export function Login() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { state } = useLocation();
  const [token, setToken] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError("");
    try {
      const me = await send("POST", address(["session"]), { token: token.trim() });
      client.clear();
      client.setQueryData(["session"], me);
      void navigate((state as { from?: string } | null)?.from ?? "/", { replace: true });
    } catch (refused) {
      setError(refused instanceof Refused && refused.status === 401 ? "This token is not known here, or is no longer good." : explain(refused));
      setBusy(false);
    }
  };
  return (
    <main className="login">
      <div className="card stack">
        <div className="stack tight">
          <img src={icon} alt="" width={36} height={36} />
          <h1>Sign in to tune</h1>
          <p className="soft">This server asks for a token. Whoever runs it makes one with <code>tune token create</code>.</p>
        </div>
        <form className="stack" onSubmit={(event) => void enter(event)}>
          <label className="stack tight">
            <span>Token</span>
            <span className="field">
              <input type="password" autoComplete="current-password" autoFocus required value={token} onChange={(event) => setToken(event.target.value)} />
            </span>
          </label>
          {error && <Warning>{error}</Warning>}
          <button className="btn primary" disabled={busy || !token.trim()}>
            Sign in
          </button>
        </form>
      </div>
    </main>
  );
}
