import type { ElementType } from "../element_type.ts";

/** A Python name in a pickle, as text; it is never looked up. */
export class PickleGlobal {
  /** @param name module and name, with a dot between them */
  constructor(readonly name: string) {}
}

/** An object of an unknown class, of which only the name is kept. */
export class UnknownObject {
  /** @param className module and name of the class */
  constructor(readonly className: string) {}
}

/** A storage, of which tensors are views. */
export interface TorchStorage {
  /** Name of the storage in the file. */
  readonly key: string;
  /** Name of its class, for messages. */
  readonly className: string;
  /** Type of its values; none for raw bytes and unsupported types. */
  readonly type: ElementType | undefined;
  /** Number of values. */
  readonly count: number;
  /** Expected bytes; none for unsupported types. */
  readonly bytes: number | undefined;
}

/** A tensor as described by a pickle; its numbers are checked on access. */
export class TorchTensor {
  /**
   * @param storage the storage of its values
   * @param type type of the values; none if unsupported
   * @param offset first value, counted in values
   * @param shape the shape
   * @param strides the stride of each axis, in values
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

/** A dictionary, ordered as in Python. */
export type PickleDictionary = Map<PickleValue, PickleValue>;

/** A list; a tuple is a frozen one. */
export interface PickleList extends ReadonlyArray<PickleValue> {}

/** A value in a pickle. */
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
