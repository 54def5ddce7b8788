import type { ElementType } from "../element_type.ts";

/** What a pickle names in Python, as text: it is never looked up. */
export class PickleGlobal {
  /** @param name module and name, with a dot between them */
  constructor(readonly name: string) {}
}

/** An object of a class that is not known here: nothing but its name is kept. */
export class UnknownObject {
  /** @param className module and name of the class */
  constructor(readonly className: string) {}
}

/** Values that tensors are views of. */
export interface TorchStorage {
  /** Name of the storage in the file. */
  readonly key: string;
  /** Name of its class, for messages. */
  readonly className: string;
  /** Type of its values; none for raw bytes and for types that are not read here. */
  readonly type: ElementType | undefined;
  /** Values that it has. */
  readonly count: number;
  /** Bytes it must have; none for a type that is not read here. */
  readonly bytes: number | undefined;
}

/** A tensor as a pickle describes it; its numbers are checked when it is taken. */
export class TorchTensor {
  /**
   * @param storage what holds the values
   * @param type type of the values; none if it is not read here
   * @param offset first value, counted in values
   * @param shape sides
   * @param strides values from one index to the next, for each side
   */
  constructor(
    readonly storage: TorchStorage,
    readonly type: ElementType | undefined,
    readonly offset: PickleValue,
    readonly shape: PickleValue,
    readonly strides: PickleValue,
  ) {}
}

/** A reference to a storage. */
export class StorageReference {
  /** @param storage the storage */
  constructor(readonly storage: TorchStorage) {}
}

/** A dictionary, ordered as Python's are. */
export type PickleDictionary = Map<PickleValue, PickleValue>;

/** A list; a tuple is a frozen one. */
export interface PickleList extends ReadonlyArray<PickleValue> {}

/** What a pickle can hold here. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleDictionary
  | PickleGlobal
  | UnknownObject
  | StorageReference
  | TorchTensor;
