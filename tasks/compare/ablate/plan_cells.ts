import type { Registry } from "@videoms/core";
import type { AblateTask } from "../../definition/ablate_task.ts";
import type { PretrainTask } from "../../definition/pretrain_task.ts";
import { type CellTasks, changeTasks } from "../../definition/task_change.ts";
import { wholeCost } from "../../runs/cost/run_cost.ts";
import type { CellPlan, CellSkip } from "./ablation_record.ts";
import { type CellCosts, cellCosts } from "./cell_costs.ts";
import { cellId } from "./cell_id.ts";
import { checkCell } from "./check_cell.ts";

/** A cell of the grid with all that it needs to run. */
export interface PlannedCell {
  readonly plan: CellPlan;
  /** Its resolved tasks, without folders. */
  readonly tasks: CellTasks;
  /** What its trainings cost; nothing for a cell that is impossible. */
  readonly costs: CellCosts;
  /** Whether no earlier cell of the grid has its pre-training. */
  readonly isFirst: boolean;
}

/** Seconds of an optimiser step of a pre-training. */
export type SecondsPerStep = (task: PretrainTask) => number;

/** Multiply-accumulates of all trainings of a cell that no earlier cell has done. */
export function plannedCost({ costs, isFirst }: PlannedCell): number {
  const { pretrain, ...rest } = costs;
  const own = pretrain && isFirst ? [pretrain] : [];
  return [...own, ...Object.values(rest)].reduce((sum, cost) => sum + wholeCost(cost), 0);
}

/** Every combination of levels, the last axis the quickest; or the baseline, and then each other level alone. */
function combinations(
  { axes, baseline, oneAtATime }: AblateTask,
): CellPlan["levels"][] {
  if (baseline && oneAtATime) {
    const others = Object.entries(axes).flatMap(([title, levels]) =>
      Object.keys(levels).filter((label) => label !== baseline[title])
        .map((label) => ({ ...baseline, [title]: label }))
    );
    return [baseline, ...others];
  }
  return Object.entries(axes).reduce<Record<string, string>[]>(
    (rows, [title, levels]) =>
      rows.flatMap((row) => Object.keys(levels).map((label) => ({ ...row, [title]: label }))),
    [{}],
  );
}

/** The tasks of an ablation before any change. */
function baseTasks({ pretrain, finetune, probe }: AblateTask): CellTasks {
  return { ...pretrain && { pretrain }, ...finetune && { finetune }, ...probe && { probe } };
}

/** A place in the grid. */
type Place = Pick<CellPlan, "levels" | "seed" | "fold" | "at">;

/** The tasks of an ablation with the changes of some levels, and a seed, on the lists of a fold. */
function resolveCell(
  task: AblateTask,
  { levels, seed, fold }: Place,
  registry: Registry,
): CellTasks {
  const base = baseTasks(task);
  const changes = Object.entries(levels).map(([title, label]) => task.axes[title][label]);
  const lists = Object.entries(fold === undefined ? {} : task.folds![fold - 1]);
  const folded = Object.keys(base).flatMap((kind) =>
    lists.map(([option, list]) => [`${kind}.data.dataset.${option}`, list])
  );
  const changed = changeTasks(
    base,
    Object.assign({}, ...changes, Object.fromEntries(folded)),
    registry,
  );
  const stages = Object.entries(changed).map(([kind, stage]) => [kind, { ...stage, seed }]);
  return Object.fromEntries(stages);
}

type Resolved = Omit<PlannedCell, "plan" | "isFirst"> & Place & Pick<CellPlan, "skip">;

function impossible(error: unknown): CellSkip {
  return { kind: "impossible", reason: (error as Error).message };
}

async function tryCell(
  task: AblateTask,
  place: Place,
  registry: Registry,
): Promise<Resolved> {
  let tasks = baseTasks(task);
  try {
    tasks = resolveCell(task, place, registry);
    checkCell(tasks, registry);
    return { ...place, tasks, costs: await cellCosts(tasks, registry), skip: null };
  } catch (error) {
    // A missing list or program is no property of the cell, and must not pass for one.
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return { ...place, tasks, costs: {}, skip: impossible(error) };
  }
}

/**
 * The cell that others get as much cost as: the baseline's, unless it has no pre-training, else the first that can run
 * and has one.
 */
function referenceOf({ baseline }: AblateTask, cells: readonly Resolved[]): Resolved | undefined {
  const isBaseline = ({ levels }: Resolved) =>
    baseline !== null && Object.keys(levels).every((title) => levels[title] === baseline[title]);
  const baselines = cells.filter((cell) => isBaseline(cell) && cell.tasks.pretrain);
  const candidates = baselines.length > 0 ? baselines : cells.filter(({ tasks }) => tasks.pretrain);
  return candidates.find(({ skip }) => !skip);
}

/**
 * Steps of a cell's pre-training that cost what the reference's pre-training costs: its
 * multiply-accumulates, or its time where the seconds of a step are given. At least one.
 */
function equalSteps(
  { tasks, costs }: Resolved,
  reference: Resolved,
  seconds: SecondsPerStep | null,
): number {
  const own = costs.pretrain!;
  const other = reference.costs.pretrain!;
  const steps = seconds
    ? other.steps * seconds(reference.tasks.pretrain!) / seconds(tasks.pretrain!)
    : wholeCost(other) / (own.clipsPerStep * own.perClip);
  return Math.max(1, Math.round(steps));
}

/** The cell with as many steps as the cost of the reference allows. */
function atEqualCost(
  cell: Resolved,
  reference: Resolved,
  secondsPerStep: SecondsPerStep | null,
  registry: Registry,
): Resolved {
  if (cell.skip || !cell.tasks.pretrain) return cell;
  const steps = equalSteps(cell, reference, secondsPerStep);
  // Left as it is where nothing changes, so that it is the same cell as without equal cost.
  if (steps === cell.costs.pretrain!.steps) return cell;
  const pretrain = { ...cell.tasks.pretrain, steps };
  const tasks = { ...cell.tasks, pretrain };
  const costs = { ...cell.costs, pretrain: { ...cell.costs.pretrain!, steps } };
  try {
    checkCell(tasks, registry);
    return { ...cell, tasks, costs };
  } catch (error) {
    return { ...cell, tasks, costs: {}, skip: impossible(error) };
  }
}

/** Names cells, and finds those that compute what an earlier one does, or have its pre-training. */
function named(cells: readonly Resolved[], registry: Registry): PlannedCell[] {
  const seen = new Map<string, string>();
  const pretrained = new Set<string>();
  return cells.map(({ tasks, costs, skip, ...place }) => {
    const { levels, seed, fold, at } = place;
    const pairs = Object.entries({ ...levels, ...fold && { fold }, seed })
      .map(([title, label]) => `${title}=${label}`);
    const name = [...pairs, ...at ? [`at ${at}`] : []].join(" ");
    // What is impossible may differ from others only in what could not be set.
    const id = cellId(tasks, registry);
    const twin = skip ? undefined : seen.get(id);
    if (!skip && twin === undefined) seen.set(id, name);
    const duplicate: CellSkip | null = twin === undefined
      ? null
      : { kind: "duplicate", reason: `computes what ${twin} does`, of: id };
    const pretraining = tasks.pretrain && !skip
      ? cellId({ pretrain: tasks.pretrain }, registry)
      : undefined;
    const isFirst = pretraining !== undefined && !pretrained.has(pretraining);
    if (isFirst) pretrained.add(pretraining);
    const shared = pretraining === undefined ? {} : { pretraining };
    const plan = { id, name, ...place, ...shared, skip: skip ?? duplicate };
    return { plan, tasks, costs, isFirst };
  });
}

/**
 * Resolves the grid of an ablation: every cell with its tasks, its id and, where it must not run, the
 * reason. All levels of a seed and a fold come before the next, so that a part of the grid already
 * compares.
 *
 * @param measure seconds of a step of each pre-training, for equal time; null leaves epochs as they are there
 * @throws {Error} if a list of videos is missing, or the baseline itself is impossible at equal cost
 */
export async function planCells(
  task: AblateTask,
  registry: Registry,
  measure: ((pretrainings: readonly PretrainTask[]) => Promise<SecondsPerStep>) | null,
): Promise<PlannedCell[]> {
  const cells: Resolved[] = [];
  for (const seed of task.seeds) {
    for (const fold of task.folds?.map((_, i) => i + 1) ?? [undefined]) {
      for (const levels of combinations(task)) {
        const place = { levels, seed, ...fold === undefined ? {} : { fold } };
        cells.push(await tryCell(task, place, registry));
      }
    }
  }
  if (task.equalCost === null || (task.equalCost === "time" && !measure)) {
    return named(cells, registry);
  }
  const reference = referenceOf(task, cells);
  if (!reference) {
    throw new RangeError(
      "Cannot run an ablation at equal cost: the baseline, or without one any cell, must be possible and have a " +
        `pre-training, got ${cells[0].skip?.reason ?? "none"}`,
    );
  }
  const able = cells.filter(({ skip }) => !skip);
  const seconds = task.equalCost === "time" && measure
    ? await measure(able.flatMap(({ tasks: { pretrain } }) => pretrain ?? []))
    : null;
  const equal = cells.map((cell) => atEqualCost(cell, reference, seconds, registry));
  if (task.equalCost !== "epochs and multiply-accumulates") return named(equal, registry);
  const both = [
    ...cells.map((cell) => ({ ...cell, at: "equal epochs" })),
    ...equal.map((cell) => ({ ...cell, at: "equal multiply-accumulates" })),
  ];
  const place = ({ seed, fold = 0 }: Resolved) => [task.seeds.indexOf(seed), fold];
  const ordered = both.toSorted((a, b) => {
    const [[seed, fold], [other, otherFold]] = [place(a), place(b)];
    return seed - other || fold - otherFold;
  });
  return named(ordered, registry);
}
