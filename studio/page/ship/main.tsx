/** The page of `ship`. */

import { render } from "preact";
import { begin } from "./ship_actions.ts";
import { ShipApp } from "./ship_app.tsx";

render(<ShipApp />, document.getElementById("page")!);
begin();
