import { useSyncExternalStore } from "react";
import { shown, watch } from "./theme";

/** The theme that is shown; whoever uses it is drawn again when it changes. */
export const useTheme = () => useSyncExternalStore(watch, shown);
