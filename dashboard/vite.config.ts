import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { groups, preloadMain } from "./vite.early.ts";
import { compileEarly } from "./vite.hints.ts";
import { listFiles } from "./vite.list.ts";

// Where `npm run dev` finds the server: `tune serve` listens there unless told otherwise.
const server = process.env.TUNE_SERVER ?? "http://127.0.0.1:8863";

/** A request that the proxy passes on looks like one of the server's own pages. */
function sameOrigin(proxy: { on(event: "proxyReq", hook: (request: { setHeader(name: string, value: string): void; getHeader(name: string): unknown }) => void): void }) {
  proxy.on("proxyReq", (request) => {
    if (request.getHeader("origin")) request.setHeader("origin", server);
  });
}

export default defineConfig({
  plugins: [react(), preloadMain(), compileEarly(), listFiles()],
  build: {
    target: "es2022",
    // A file that holds nothing but the license texts of others helps nobody who reads the page.
    sourcemap: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups } } },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/healthz", "/readyz", "/metrics"].map((path) => [path, { target: server, changeOrigin: true, configure: sameOrigin }]),
    ),
  },
});
