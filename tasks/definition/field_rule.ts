import type { Descriptor, Json, PluginKind } from "@videoms/core";

/** Limits of a number; all of them hold. */
export interface NumberLimits {
  /** Smallest value. */
  from?: number;
  /** Largest value. */
  to?: number;
  /** Value that all values lie above. */
  above?: number;
  /** Value that all values lie below. */
  below?: number;
}

/** The rule of a number. */
export interface NumberRule extends NumberLimits {
  /** Any number, or a whole one. */
  type: "number" | "whole";
  /** Whether null is a value. */
  nullable?: boolean;
}

/** The rule of a list of numbers. */
export interface NumbersRule extends NumberLimits {
  /** A list. */
  type: "numbers";
  /** How many; any number of them, but at least one, if left out. */
  count?: number;
  /** Whether null is a value. */
  nullable?: boolean;
}

/** The values that a field of a task may have. */
export type FieldRule =
  | NumberRule
  | NumbersRule
  | { type: "boolean" }
  | { type: "choice"; choices: readonly string[] }
  | { type: "text"; pattern?: RegExp; says?: string; nullable?: boolean }
  | { type: "choices"; choices: readonly string[] }
  | { type: "plugin"; kind: PluginKind };

/** A value that fields are made of; everything else in a task is a group of fields. */
export type FieldLeaf = Json | Descriptor;

/** The dotted paths of a task's fields. */
export type FieldPath<T, Prefix extends string = ""> = {
  [Key in keyof T & string]: T[Key] extends FieldLeaf | readonly number[] | null ? `${Prefix}${Key}`
    : FieldPath<T[Key], `${Prefix}${Key}.`>;
}[keyof T & string];

/** A rule for every field of a task; a field without a rule is a compile error. */
export type FieldRules<T> = Readonly<Record<FieldPath<T>, FieldRule>>;

function describeLimits(rule: NumberLimits): string[] {
  return [
    rule.from === undefined ? "" : `from ${rule.from}`,
    rule.above === undefined ? "" : `above ${rule.above}`,
    rule.to === undefined ? "" : `to ${rule.to}`,
    rule.below === undefined ? "" : `below ${rule.below}`,
  ].filter((limit) => limit !== "");
}

const COUNT_WORDS = ["", "a list of one number", "two numbers", "three numbers"];

function describeNumber(rule: NumberRule | NumbersRule): string {
  const kind = rule.type === "numbers"
    ? COUNT_WORDS[rule.count ?? 0] || "a list of numbers"
    : rule.type === "whole"
    ? "a whole number"
    : "a number";
  return [kind, ...describeLimits(rule)].join(" ") + (rule.nullable ? " or null" : "");
}

/** What a rule asks for, as the end of "must be …". */
export function describeRule(rule: FieldRule): string {
  switch (rule.type) {
    case "number":
    case "whole":
    case "numbers":
      return describeNumber(rule);
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${rule.choices.join(", ")}`;
    case "text":
      return (rule.says ?? "text") + (rule.nullable ? " or null" : "");
    case "choices":
      return `a list of some of ${rule.choices.join(", ")}`;
    case "plugin":
      return `a ${rule.kind} plugin`;
  }
}

function fitsNumber(
  rule: NumberRule,
  value: unknown,
): boolean {
  if (value === null) return rule.nullable === true;
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  if (rule.type === "whole" && !Number.isSafeInteger(value)) return false;
  return isWithin(rule, value);
}

function isWithin(rule: NumberLimits, value: number): boolean {
  return value >= (rule.from ?? -Infinity) && value <= (rule.to ?? Infinity) &&
    value > (rule.above ?? -Infinity) && value < (rule.below ?? Infinity);
}

function fitsNumbers(rule: NumbersRule, value: unknown): boolean {
  if (value === null) return rule.nullable === true;
  return Array.isArray(value) && value.length > 0 &&
    value.length === (rule.count ?? value.length) &&
    value.every((one) => typeof one === "number" && Number.isFinite(one) && isWithin(rule, one));
}

function fitsPlugin(kind: PluginKind, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { kind: found, name, options } = value as Partial<Descriptor>;
  return found === kind && typeof name === "string" && typeof options === "object" &&
    options !== null;
}

/** Whether a value obeys a rule. */
export function fitsRule(rule: FieldRule, value: unknown): boolean {
  switch (rule.type) {
    case "number":
    case "whole":
      return fitsNumber(rule, value);
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && rule.choices.includes(value);
    case "text":
      if (value === null) return rule.nullable === true;
      return typeof value === "string" && (rule.pattern?.test(value) ?? true);
    case "numbers":
      return fitsNumbers(rule, value);
    case "choices":
      return Array.isArray(value) && value.length > 0 &&
        value.every((one) => rule.choices.includes(one));
    case "plugin":
      return fitsPlugin(rule.kind, value);
  }
}

/** A value as an error message shows it; JSON would turn NaN and infinities into null. */
export function showValue(value: unknown): string {
  if (typeof value === "number" || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `[${value.map(showValue).join(", ")}]`;
  return JSON.stringify(value);
}
