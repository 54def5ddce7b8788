import type { Json } from "@videoms/core";
import type { PluginFacts } from "./look_messages.ts";

/** What a control needs to know. */
interface OptionControlsProps {
  /** Makes the ids of the controls unique. */
  readonly id: string;
  readonly plugin: PluginFacts;
  readonly options: Readonly<Record<string, Json>>;
  readonly onChange: (name: string, value: Json) => void;
}

type Option = PluginFacts["options"][number];

/** The steps of the arrow keys, by the default: shares have fractions. Any number can be typed. */
function stepOf(value: number): number {
  return Number.isInteger(value) ? 1 : 0.05;
}

/** The control of one option, by the type of its default. */
function Control(
  { id, option, value, onChange }: {
    id: string;
    option: Option;
    value: Json;
    onChange: (value: Json) => void;
  },
) {
  const described = { id, "aria-describedby": `${id}-help` };
  if (option.choices) {
    return (
      <select
        {...described}
        value={String(value)}
        onChange={({ currentTarget: { selectedIndex } }) =>
          onChange(option.choices![selectedIndex])}
      >
        {option.choices.map((one) => (
          <option key={String(one)} value={String(one)}>{String(one)}</option>
        ))}
      </select>
    );
  }
  if (typeof value === "boolean") {
    return (
      <input
        {...described}
        type="checkbox"
        checked={value}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
    );
  }
  if (typeof value === "number") {
    return (
      <input
        {...described}
        type="number"
        step={stepOf(option.value as number)}
        value={value}
        onChange={({ currentTarget: { valueAsNumber } }) =>
          Number.isFinite(valueAsNumber) && onChange(valueAsNumber)}
      />
    );
  }
  return (
    <input
      {...described}
      type="text"
      value={typeof value === "string" ? value : JSON.stringify(value)}
      onChange={({ currentTarget }) => onChange(readText(currentTarget.value, option.value))}
    />
  );
}

/** Text of an option that is text, else the JSON that it is; text where it is none. */
function readText(text: string, fallback: Json): Json {
  if (typeof fallback === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `maskRatio` as people write it. */
function nameOf(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** A control for every option of a plugin, made from its default, choices and help. */
export function OptionControls({ id, plugin, options, onChange }: OptionControlsProps) {
  if (plugin.options.length === 0) return <p class="hint">It has no options.</p>;
  return (
    <div class="options">
      {plugin.options.map((option) => {
        const own = `${id}-${option.name}`;
        return (
          <div class="option" key={option.name}>
            <label for={own}>{nameOf(option.name)}</label>
            <Control
              id={own}
              option={option}
              value={options[option.name] ?? option.value}
              onChange={(value) => onChange(option.name, value)}
            />
            <p class="hint" id={`${own}-help`}>{option.help}</p>
          </div>
        );
      })}
    </div>
  );
}
