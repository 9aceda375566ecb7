// Which page is at which address; who has no token is asked for one first.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { onUnauthorized } from "../api/client";
import { follow } from "../api/live";
import { session } from "../api/queries";
import { Experiments } from "../pages/Experiments";
import { Login } from "../pages/Login";
import { Failed, Loading, NotFound } from "../ui/parts";
import { Frame } from "./Frame";
import { Me } from "./me";

const NewExperiment = lazy(() => import("../pages/NewExperiment"));
const ExperimentPage = lazy(() => import("../pages/experiment/ExperimentPage"));
const TrialPage = lazy(() => import("../pages/trial/TrialPage"));
const System = lazy(() => import("../pages/System"));

export function App() {
  const client = useQueryClient();
  const { data: me, error, refetch } = useQuery(session());
  const { pathname, search } = useLocation();
  useEffect(() => onUnauthorized(() => void client.invalidateQueries({ queryKey: ["session"] })), [client]);

  const known = me !== undefined && me.role !== null;
  const who = `${me?.name}/${me?.role}`;
  useEffect(() => {
    if (!known) return;
    return follow(client, me?.last_event ?? 0);
    // Another caller is another stream; the number is only where it begins.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [client, known, who]);

  if (error && !me) return <Failed error={error} again={() => void refetch()} />;
  if (!me) return <Loading />;
  if (!known) {
    if (pathname !== "/login") return <Navigate to="/login" replace state={{ from: pathname + search }} />;
    return <Login />;
  }
  return (
    <Me value={me}>
      <Frame>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/" element={<Experiments />} />
            <Route path="/experiments" element={<Navigate to="/" replace />} />
            <Route path="/login" element={<Navigate to="/" replace />} />
            <Route path="/new" element={<NewExperiment />} />
            <Route path="/system" element={<System />} />
            <Route path="/experiments/:name/trials/:number" element={<TrialPage />} />
            <Route path="/experiments/:name/*" element={<ExperimentPage />} />
            <Route path="*" element={<NotFound what="page" />} />
          </Routes>
        </Suspense>
      </Frame>
    </Me>
  );
}
