// Which page is at which address; who has no token is asked for one first.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { onUnauthorized } from "../api/client";
import { follow } from "../api/live";
import { session } from "../api/queries";
import { Experiments } from "../pages/Experiments";
import { Login } from "../pages/Login";
import { Failed, Loading, NotFound } from "../ui/parts";
import { dataAhead } from "./ahead";
import { Coded } from "./Coded";
import { Frame } from "./Frame";
import { Me } from "./me";
import { PAGES } from "./pages";
import { useVisible } from "./visible";

export function App() {
  const client = useQueryClient();
  const { data: me, error, refetch } = useQuery(session());
  const { pathname, search } = useLocation();
  useEffect(() => onUnauthorized(() => void client.invalidateQueries({ queryKey: ["session"] })), [client]);

  const known = me !== undefined && me.role !== null;
  const who = `${me?.name}/${me?.role}`;
  const visible = useVisible();
  const followed = useRef(false);
  useEffect(() => {
    if (!known) return;
    const last = followed.current ? null : (me?.last_event ?? 0);
    followed.current = true;
    return visible ? follow(client, last) : undefined;
    // Another caller is another stream; the number is only where it begins.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, known, who, visible]);

  // While its code is on the way.
  useMemo(() => known && dataAhead(client, pathname), [client, known, pathname]);

  if (error && !me) return <Failed error={error} again={() => void refetch()} />;
  if (!me) return <Loading />;
  if (!known) {
    if (pathname !== "/login") return <Navigate to="/login" replace state={{ from: pathname + search }} />;
    return <Login />;
  }
  return (
    <Me value={me}>
      <Frame>
        <Routes>
          <Route path="/" element={<Experiments />} />
          <Route path="/experiments" element={<Navigate to="/" replace />} />
          <Route path="/login" element={<Navigate to="/" replace />} />
          <Route path="/new" element={<Coded of={PAGES.newExperiment} />} />
          <Route path="/compare" element={<Coded of={PAGES.compare} />} />
          <Route path="/system" element={<Coded of={PAGES.system} />} />
          <Route path="/experiments/:name/trials/:number" element={<Coded of={PAGES.trial} />} />
          <Route path="/experiments/:name/*" element={<Coded of={PAGES.experiment} />} />
          <Route path="*" element={<NotFound what="page" />} />
        </Routes>
      </Frame>
    </Me>
  );
}
