import type { Json } from "@videoms/core/plain";
import { message, type MessageField } from "../../events/message.ts";
import type { LoggedRun, RunEnd } from "../logger.ts";

/**
 * The records of a W&B file: the messages `Record`, `RunRecord`, `HistoryRecord`, `SummaryRecord`, `RunExitRecord` of
 * wandb/proto/wandb_internal.proto. Numbers below are those of the fields in this file.
 *
 * @module
 */

/** Numbers by name, of one step. */
export type StepValues = ReadonlyMap<string, number>;

/** Where a run belongs. */
export interface RunPlace {
  /** Id of the run in its project. */
  readonly id: string;
  readonly project: string;
  readonly entity: string;
  readonly group: string;
  readonly tags: readonly string[];
}

/** Exit codes of a run's ends; 255 is W&B's own for one that was interrupted. */
const EXIT_CODES: Readonly<Record<RunEnd, number>> = { finished: 0, stopped: 255, failed: 1 };

const text = (field: number, value: string): MessageField[] =>
  value === "" ? [] : [[field, "text", value]];

/** `HistoryItem`, `SummaryItem` or `ConfigItem`: a key and its value as JSON. */
function item(key: string, json: string): Uint8Array {
  return message([1, "text", key], [16, "text", json]);
}

/** A number as JSON; W&B has those that are not finite as texts. */
function numberJson(value: number): string {
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}

function items(values: Iterable<readonly [string, string]>): MessageField[] {
  return Array.from(values, ([key, json]): MessageField => [1, "bytes", item(key, json)]);
}

const numberItems = (values: StepValues) =>
  items(Array.from(values, ([tag, value]) => [tag, numberJson(value)]));

/** A `Record`: its number, and one of what it may hold. */
function recordOf(number: number, field: number, content: Uint8Array): Uint8Array {
  return message([1, "whole", number], [field, "bytes", content]);
}

/** A `Timestamp`. */
function timestamp(ms: number): Uint8Array {
  return message([1, "whole", Math.floor(ms / 1000)], [2, "whole", ms % 1000 * 1e6]);
}

/** The records of a run in the order of their making; each has a number. */
export class RunRecords {
  readonly #run: LoggedRun;
  readonly #place: RunPlace;
  #count = 0;

  constructor(run: LoggedRun, place: RunPlace) {
    this.#run = run;
    this.#place = place;
  }

  /** What a file opens with: that it is one, and the run with its configuration. */
  start(): Uint8Array[] {
    return [recordOf(this.#next(), 21, message()), recordOf(this.#next(), 17, this.#runRecord())];
  }

  /** Numbers of a step, and that they are the newest. */
  step(step: number, time: number, values: StepValues): Uint8Array[] {
    const own: [string, string][] = [
      ["_step", String(step)],
      ["_timestamp", String(time / 1000)],
      ["_runtime", String((time - this.#run.created) / 1000)],
    ];
    const history = message(
      ...items(own),
      ...numberItems(values),
      [2, "bytes", message([1, "whole", step])],
    );
    const summary = message(...items(own), ...numberItems(values));
    return [recordOf(this.#next(), 2, history), recordOf(this.#next(), 3, summary)];
  }

  /** How the run ended. */
  end(how: RunEnd): Uint8Array[] {
    const seconds = Math.round((Date.now() - this.#run.created) / 1000);
    const exit = message([1, "whole", EXIT_CODES[how]], [2, "whole", seconds]);
    return [recordOf(this.#next(), 18, exit)];
  }

  #next(): number {
    return ++this.#count;
  }

  #runRecord(): Uint8Array {
    const { name, kind, created, task, facts } = this.#run;
    const { id, project, entity, group, tags } = this.#place;
    const config: Readonly<Record<string, Json>> = { ...task, run: facts };
    const configured = Object.entries(config)
      .map(([key, value]) => [key, JSON.stringify(value)] as const);
    return message(
      ...text(1, id),
      ...text(2, entity),
      ...text(3, project),
      [4, "bytes", message(...items(configured))],
      ...text(6, group),
      ...text(7, kind),
      ...text(8, name),
      ...tags.flatMap((tag) => text(10, tag)),
      [17, "bytes", timestamp(created)],
    );
  }
}
