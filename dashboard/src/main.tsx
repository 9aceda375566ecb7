import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { Refused } from "./api/client";
import { ahead } from "./app/ahead";
import { App } from "./app/App";
import { Toasts } from "./ui/toast";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something has changed.
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof Refused && error.status < 500),
    },
  },
});

const app = (
  <StrictMode>
    <QueryClientProvider client={client}>
      <Toasts>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </Toasts>
    </QueryClientProvider>
  </StrictMode>
);

void ahead(client, window.location.pathname).then(() => createRoot(document.getElementById("root")!).render(app));
