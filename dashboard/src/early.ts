// The first to run, and small: a page's code and what it will show are asked for side by side, while the rest of the program is on its way.
import { ahead } from "./app/pages";
import { applyTheme } from "./app/theme";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/notes.css";

ahead(window.location);
applyTheme();
void import("./main");
