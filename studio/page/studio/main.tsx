/** The page of `studio`. */

import { render } from "preact";
import { begin } from "./actions.ts";
import { App } from "./app.tsx";

// a file that misses its card must not take the place of the page
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

render(<App />, document.getElementById("page")!);
begin();
