import type { Descriptor, Json } from "@videoms/core";
import type { PluginFacts } from "./look_messages.ts";
import { OptionControls } from "./option_controls.tsx";

/** What a choice among plugins needs. */
interface PluginChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly plugins: readonly PluginFacts[];
  readonly chosen: Descriptor;
  readonly onChoose: (name: string) => void;
  readonly onOption: (name: string, value: Json) => void;
}

/** A choice among the plugins of a kind, and the options of the chosen one. */
export function PluginChoice(
  { id, label, plugins, chosen, onChoose, onOption }: PluginChoiceProps,
) {
  const plugin = plugins.find(({ name }) => name === chosen.name);
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={chosen.name}
        aria-describedby={`${id}-summary`}
        onChange={({ currentTarget }) => onChoose(currentTarget.value)}
      >
        {plugins.map(({ name }) => <option key={name} value={name}>{name}</option>)}
      </select>
      <p class="hint" id={`${id}-summary`}>{plugin?.summary}</p>
      {plugin && (
        <details>
          <summary>Options of {plugin.name}</summary>
          <OptionControls id={id} plugin={plugin} options={chosen.options} onChange={onOption} />
        </details>
      )}
    </div>
  );
}
