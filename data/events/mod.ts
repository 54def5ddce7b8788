/**
 * Event files for TensorBoard: numbers, pictures and texts by step.
 *
 * @module
 */

export { type EventFile, openEventFile } from "./event_file.ts";
export { imageValue, scalarValue, type SummaryValue, textValue } from "./event_record.ts";
