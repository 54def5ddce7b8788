import type {
  ClipGeometry,
  Communicator,
  Device,
  GradientAverage,
  HostTensors,
  Json,
  ParameterRule,
  ParameterSpec,
  Registry,
  SharedSteps,
  StepResult,
} from "@videoms/core";
import type { DatasetSummary, RunLog, RunVideos, StepClips } from "@videoms/data";
import type {
  CheckpointSubject,
  ClipCost,
  MaskedAutoencoderOptions,
  MemoryEstimate,
  NetworkKind,
} from "@videoms/models";
import type { LoopStep, RunSchedule } from "@videoms/studio/train";
import type { RunTask } from "../../definition/run_task.ts";
import type { Output } from "@videoms/data/console";
import type { BestCheckpoint, BestMeasure } from "../checkpoint/best_checkpoint.ts";
import type { RunFolder } from "../folder/run_folder.ts";
import type { ClipRecipe } from "../loader/loader_job.ts";
import type { FinishedRun } from "./finished_run.ts";
import type { RunTuning } from "./run_tuning.ts";

/** What every run has before its networks; whoever opened it frees it. */
export interface PreparedRun {
  readonly task: RunTask;
  readonly registry: Registry;
  /** Locked. */
  readonly folder: RunFolder;
  readonly device: Device;
  readonly tuning: RunTuning;
  readonly videos: RunVideos;
  readonly schedule: RunSchedule;
  readonly output: Output;
  /** The processes that train it. */
  readonly ranks: Communicator;
  /** Of each of them; undefined for one alone, which has one per core. */
  readonly threads?: number;
  /** Positions in a step of the clips of this rank; undefined for one alone. */
  readonly places?: readonly number[];
  /** Stops the run after the step at hand. */
  readonly signal: AbortSignal;
}

/** What the steps of a run work with. */
export interface RunParts extends PreparedRun {
  /** The weights that are trained, their optimiser and average: what checkpoints hold. */
  readonly subject: CheckpointSubject;
  readonly log: RunLog;
  /** What its ranks tell each other. */
  readonly shared: SharedSteps;
  /** Means of gradients over ranks; null for a rank alone. */
  readonly gradientAverage: GradientAverage | null;
}

/** The networks of a run, opened up to the weights that it trains. */
export interface RunNetworks<Point, End> {
  readonly model: {
    readonly specs: readonly ParameterSpec[];
    readonly options: {
      readonly geometry: ClipGeometry;
      readonly encoder?: MaskedAutoencoderOptions["encoder"];
    };
  };
  /** Rule of each tensor. @default matrices decay, one learning rate for all */
  readonly rule?: (spec: ParameterSpec) => ParameterRule;
  /** What `task.json` says of them. */
  readonly facts: Readonly<Record<string, Json>>;
  /** Texts for the file of the weights, beside the task. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Values of a run without a checkpoint that differ from initialised ones. */
  startValues(): Promise<HostTensors>;
  training(run: RunParts): Training<Point, End>;
}

/**
 * How the weights of a run are trained and evaluated. What throws since the run is told to stop is made up for
 * when the run is resumed.
 */
export interface Training<Point, End> {
  readonly recipe: ClipRecipe;
  readonly samples?: number;
  step(clips: StepClips, change: LoopStep): Promise<StepResult>;
  readonly evaluateEvery: number;
  /**
   * Evaluates the weights, and logs what it finds.
   *
   * @param options.isLast whether all steps of the run are done
   * @param options.print prints a line beside the progress
   * @returns null where there is nothing to evaluate
   */
  evaluate(
    step: number,
    options: { isLast: boolean; print: (text: string) => void },
  ): Promise<Point | null>;
  measured(point: Point): number;
  describe(point: Point): string;
  /** Done before the first step of a fresh run. @default nothing */
  begin?(print: (text: string) => void): Promise<void>;
  /** Done at the end of an epoch beside the evaluation. @default nothing */
  endEpoch?(step: number, epoch: number): Promise<void>;
  /**
   * Done once every step is, and its weights are saved; tells people what the run came to.
   *
   * @param point the evaluation of the last weights
   */
  finish(step: number, point: Point | null, best: BestCheckpoint | null): Promise<End>;
}

/** What a run would take, for people. */
export interface RunFigures {
  readonly data: string;
  /** The tokens of a clip and what becomes of them. */
  readonly tokens: string;
  /** Values of all tensors that are trained. */
  readonly parameters: number;
  readonly cost: ClipCost;
  readonly memory: MemoryEstimate;
  readonly more?: Readonly<Record<string, string>>;
}

/** What tells one kind of training from the others. */
export interface RunKind<Point, End> {
  readonly network: NetworkKind;
  /** What its best checkpoint is chosen by; null where none is kept. */
  readonly best: BestMeasure | null;
  /** Events that the log has of the last step of a run that is finished. */
  readonly lastEvents: readonly string[];
  /** Whether clips of a batch are mixed in pairs, which must be on one rank. @default false */
  readonly mixesPairs?: boolean;
  /** Checks, quickly, that there is what a fresh run starts from. @default nothing */
  checkStart?(): Promise<void>;
  /** What a run would take; nothing is rendered, decoded or written. */
  figures(data: DatasetSummary): Promise<RunFigures>;
  /**
   * Opens the networks.
   *
   * @param resources what is added to it is freed with the run
   */
  open(run: PreparedRun, resources: AsyncDisposableStack): Promise<RunNetworks<Point, End>>;
  /** What a run came to that was finished before, by its log; tells people. */
  earlier(run: PreparedRun, finished: FinishedRun): Promise<End>;
}
