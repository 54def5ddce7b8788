import type { Device } from "@videoms/core";
import { testOnBackends } from "../backends.ts";
import { checkColumn } from "./operation_table.ts";

testOnBackends("the guide says what computes each operation here", (device: Device) => {
  checkColumn(device.backend, device);
});
