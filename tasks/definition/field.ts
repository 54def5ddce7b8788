import type { Descriptor, PluginKind } from "@videoms/core";

/** What kind of value a field has; the texts of a command line are read by it. */
export type FieldType =
  | "number"
  | "whole"
  | "numbers"
  | "boolean"
  | "text"
  | "path"
  | "weights"
  | "choice"
  | "choices"
  | "plugin"
  | "record";

/** A field of a task: what it is where a task file leaves it out, and what it may be. */
export interface Field<Value = unknown> {
  /** Kind of its values; those of a nullable field are of that kind or null. */
  readonly type: FieldType;
  /** Value where a task file has none; where that is null, null is allowed. */
  readonly default: Value;
  /** What it must be, as the end of "must be …". */
  readonly rule: string;
  /** The texts that it may be, or its parts where it is a list. */
  readonly choices?: readonly string[];
  /** Whether it may change when a run is resumed, since it has no part in what the run computes. */
  readonly free?: boolean;
  /** What runs did that are older than the field. */
  readonly earlier?: Value;
  /** Whether a value obeys the rule. */
  fits(value: unknown): boolean;
}

/** Limits of a number; `from` and `to` are among the values, `above` and `below` are not. */
export interface NumberLimits {
  from?: number;
  above?: number;
  to?: number;
  below?: number;
}

/** A field of any kind; null is allowed where it is the default. */
export function field<Value>(
  type: FieldType,
  initial: Value,
  rule: string,
  fits: (value: unknown) => boolean,
  more: Pick<Field, "choices"> = {},
): Field<Value> {
  const nullable = initial === null;
  return {
    type,
    default: initial,
    rule: nullable ? `${rule} or null` : rule,
    fits: (value) => value === null ? nullable : value !== undefined && fits(value),
    ...more,
  };
}

function within(limits: NumberLimits): (value: unknown) => boolean {
  const { from = -Infinity, above = -Infinity, to = Infinity, below = Infinity } = limits;
  return (value) =>
    typeof value === "number" && Number.isFinite(value) &&
    value >= from && value > above && value <= to && value < below;
}

function limitsText(limits: NumberLimits): string {
  return (["from", "above", "to", "below"] as const)
    .map((name) => limits[name] === undefined ? "" : ` ${name} ${limits[name]}`).join("");
}

/** A number. */
export function number<Value extends number | null>(
  initial: Value,
  limits: NumberLimits,
): Field<Value | number> {
  return field("number", initial, `a number${limitsText(limits)}`, within(limits));
}

/** A whole number. */
export function whole<Value extends number | null>(
  initial: Value,
  limits: NumberLimits,
): Field<Value | number> {
  const fits = within(limits);
  const rule = `a whole number${limitsText(limits)}`;
  return field("whole", initial, rule, (value) => fits(value) && Number.isSafeInteger(value));
}

/** A list of numbers: any number of them but at least one. */
export function numbers(
  initial: readonly number[],
  limits: NumberLimits,
): Field<readonly number[]> {
  const rule = `a list of numbers${limitsText(limits)}`;
  return field("numbers", initial, rule, isListOf(within(limits)));
}

/** A pair of numbers. */
export function pair<Value extends readonly [number, number] | null>(
  initial: Value,
  limits: NumberLimits,
): Field<Value | readonly [number, number]> {
  const fits = isListOf(within(limits));
  const rule = `two numbers${limitsText(limits)}`;
  return field(
    "numbers",
    initial,
    rule,
    (value) => fits(value) && (value as unknown[]).length === 2,
  );
}

/** True or false. */
export function boolean(initial: boolean): Field<boolean> {
  return field("boolean", initial, "true or false", (value) => typeof value === "boolean");
}

/** One of a few texts. */
export function choice<Choice extends string, Value extends Choice | null>(
  initial: Value,
  choices: readonly Choice[],
): Field<Value | Choice> {
  const rule = `one of ${choices.join(", ")}`;
  return field("choice", initial, rule, (value) => choices.includes(value as Choice), { choices });
}

/** Some of a few texts, at least one. */
export function someOf<Choice extends string>(
  initial: readonly Choice[],
  choices: readonly Choice[],
): Field<readonly Choice[]> {
  const rule = `a list of some of ${choices.join(", ")}`;
  const fits = isListOf((one) => choices.includes(one as Choice));
  return field("choices", initial, rule, fits, { choices });
}

/** A text of a form. */
export function text<Value extends string | null>(
  initial: Value,
  rule: string,
  form: RegExp,
): Field<Value | string> {
  return field("text", initial, rule, (value) => typeof value === "string" && form.test(value));
}

/** A file or folder; a relative one in a task file starts at the folder of that file. */
export function path<Value extends string | null>(
  initial: Value,
  rule: string,
): Field<Value | string> {
  return field("path", initial, rule, (value) => typeof value === "string" && value !== "");
}

/** Weights: a {@linkcode path}, or a name on a model hub, which says where to get them. */
export function weights<Value extends string | null>(
  initial: Value,
  rule: string,
): Field<Value | string> {
  return { ...path(initial, rule), type: "weights" };
}

/** The choice of a plugin and of its options; whether these fit the plugin, a registry knows. */
export function plugin<Kind extends PluginKind>(
  initial: Descriptor<Kind>,
): Field<Descriptor<Kind>> {
  const { kind } = initial;
  const article = /^[aeiou]/.test(kind) ? "an" : "a";
  return field("plugin", initial, `${article} ${kind} plugin`, (value) => {
    const { kind: found, name, options } = value as Partial<Descriptor>;
    return found === kind && typeof name === "string" && isRecord(options);
  });
}

/** A field that may change when a run is resumed, since it has no part in what the run computes. */
export function free<Value>(field: Field<Value>): Field<Value> {
  return { ...field, free: true };
}

/** A field that was added with the value that runs had before it. */
export function added<Value>(field: Field<Value>): Field<Value> {
  return { ...field, earlier: field.default };
}

function isListOf(fits: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => Array.isArray(value) && value.length > 0 && value.every(fits);
}

/** Whether a value is an object with properties of its own, not a list. */
export function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as an error message shows it; JSON would turn NaN and infinities into null. */
export function showValue(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  return JSON.stringify(value);
}
