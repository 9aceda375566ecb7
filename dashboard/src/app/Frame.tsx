// What is around every page: where one can go, whether news come in, light or dark, who is asking.
import { useQueryClient } from "@tanstack/react-query";
import { LogOut, Monitor, Moon, Sun, User } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, NavLink, useLocation } from "react-router";
import { address } from "../api/addresses";
import { send } from "../api/client";
import { useConnection } from "../api/live";
import icon from "../icon.svg";
import { useMe } from "./me";
import { choose, chosen, type Theme } from "./theme";
import { useTheme } from "./useTheme";

export function Frame({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // Whoever does not see the page change hears it: the focus goes where the page begins.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    window.scrollTo(0, 0);
  }, [pathname.split("/").slice(0, 5).join("/")]);
  const inExperiments = pathname === "/" || pathname === "/compare" || pathname.startsWith("/experiments");
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <img src={icon} alt="" />
          tune
        </Link>
        <nav aria-label="Main">
          <Link to="/" aria-current={inExperiments ? "page" : undefined}>
            Experiments
          </Link>
          <NavLink to="/system">System</NavLink>
        </nav>
        <div className="grow" />
        <Live />
        <ThemeMenu />
        <UserMenu />
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Live() {
  const connection = useConnection();
  const text = { live: "Live", connecting: "Connecting", lost: "Connection lost, trying again" }[connection];
  return (
    <div className="live" data-state={connection} role="status">
      <i aria-hidden="true" />
      <span>{text}</span>
    </div>
  );
}

const THEMES: [Theme, string, typeof Sun][] = [
  ["system", "As the system", Monitor],
  ["light", "Light", Sun],
  ["dark", "Dark", Moon],
];

function ThemeMenu() {
  const theme = useTheme();
  const Icon = theme === "dark" ? Moon : Sun;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="btn ghost icon" aria-label="Light or dark">
        <Icon size={17} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          <DropdownMenu.RadioGroup value={chosen()} onValueChange={(value) => choose(value as Theme)}>
            {THEMES.map(([value, text, Each]) => (
              <DropdownMenu.RadioItem key={value} value={value}>
                <Each size={15} aria-hidden="true" />
                <span className="grow">{text}</span>
                <DropdownMenu.ItemIndicator>✓</DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function UserMenu() {
  const me = useMe();
  const client = useQueryClient();
  if (!me.name) return null;
  const leave = async () => {
    await send("DELETE", address(["session"]));
    client.clear();
    window.location.assign("/login");
  };
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="btn ghost" aria-label={`${me.name}, ${me.role}`}>
        <User size={16} aria-hidden="true" />
        {me.name}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
          <DropdownMenu.Label className="label">
            Signed in with the token {me.name} ({me.role})
          </DropdownMenu.Label>
          <DropdownMenu.Item onSelect={() => void leave()}>
            <LogOut size={15} aria-hidden="true" /> Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
