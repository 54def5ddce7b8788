/** The page of `studio`. */

import { render } from "preact";
import { begin } from "./actions.ts";
import { App } from "./app.tsx";

render(<App />, document.getElementById("page")!);
begin();
