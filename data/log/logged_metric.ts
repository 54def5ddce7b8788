/** A number as a line of a log has it. */
export type LoggedMetric = {
  /** A name that `metricKind` knows, or a plugin's own. */
  readonly name: string;
  /** Null where it is not finite. */
  readonly value: number | null;
  /** Whose it is; left out for the weights that the line's step ended with. */
  readonly weights?: string;
  /** The head of a probe; left out for figures of the whole run. */
  readonly head?: string;
};

/** Numbers as a line's `metrics` take them; those that were not measured are left out. */
export function loggedMetrics(
  values: Readonly<Record<string, number | null | undefined>>,
  of: Pick<LoggedMetric, "weights" | "head"> = {},
): LoggedMetric[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === "number" ? [{ name, value, ...of }] : []
  );
}

/** A head of a probe, as far as its name tells it. */
export interface NamedHead {
  readonly kind: string;
  readonly rate: number;
  readonly decay: number;
}

/** The name of a head of a probe: "linear rate=0.1 decay=0". */
export function headName({ kind, rate, decay }: NamedHead): string {
  return `${kind} rate=${rate} decay=${decay}`;
}
