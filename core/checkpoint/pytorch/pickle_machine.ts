import { refuse } from "../refuse.ts";
import type { PickleValue, TorchStorage } from "./pickle_values.ts";

/** Maximum pickle size in bytes; a ViT-L with its optimiser state needs 0.3 MB. */
export const LARGEST_PICKLE = 32 * 2 ** 20;
/** Maximum number of operations, which bounds values, memo and memory of a hostile pickle. */
const MOST_OPERATIONS = 500_000;
/** Maximum number of dictionaries, which take the most memory: a tensor has one. */
const MOST_DICTIONARIES = 100_000;
/** Maximum length of a module or class name in bytes. */
const LONGEST_NAME = 1000;

/** Thrown if the bytes end within a pickle; the stream may have more. */
export class PickleCut extends Error {}

/** The state of reading one pickle: a cursor, a stack of values with marks, and the memo. */
export class PickleMachine {
  /** Storages referenced by the pickle, by key. */
  readonly storages: Map<string, TorchStorage> = new Map();
  #stack: PickleValue[] = [];
  #memo: PickleValue[] = [];
  #marks: number[] = [];
  #operations = 0;
  #dictionaries = 0;
  readonly #view: DataView;
  readonly #text = new TextDecoder("utf-8", { fatal: true });

  /**
   * @param bytes the bytes that contain the pickle
   * @param at its start; later the position of the next operation
   * @param file name for messages
   */
  constructor(readonly bytes: Uint8Array, public at: number, readonly file: string) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Rejects the file. */
  fail(rule: string): never {
    refuse("PyTorch weights", this.file, `its pickle is malformed before byte ${this.at}: ${rule}`);
  }

  /** Skips `length` bytes and returns their start. */
  skip(length: number): number {
    if (length > this.bytes.length - this.at) throw new PickleCut();
    const start = this.at;
    this.at += length;
    return start;
  }

  /** Reads the next operation's code. */
  operation(): number {
    if (++this.#operations > MOST_OPERATIONS) {
      this.fail(`it must have at most ${MOST_OPERATIONS} operations, got more`);
    }
    return this.byte();
  }

  /** Reads an unsigned integer of 1 byte. */
  byte(): number {
    return this.bytes[this.skip(1)];
  }

  /** Reads an unsigned integer of 2 bytes. */
  word(): number {
    return this.#view.getUint16(this.skip(2), true);
  }

  /** Reads an unsigned integer of 4 bytes. */
  long(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** Reads a signed integer of 4 bytes. */
  integer(): number {
    return this.#view.getInt32(this.skip(4), true);
  }

  /** Reads a length of 8 bytes. */
  length(): number {
    return Number(this.#view.getBigUint64(this.skip(8), true));
  }

  /** Reads a big-endian float64. */
  float(): number {
    return this.#view.getFloat64(this.skip(8), false);
  }

  /** Reads a signed integer of any length, as a number if that is exact. */
  bigInteger(length: number): number | bigint {
    if (length > 255) this.fail(`an integer must have at most 255 bytes, got ${length}`);
    const start = this.skip(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(this.bytes[start + i]);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Reads a text of `length` bytes. */
  text(length: number): string {
    const start = this.skip(length);
    try {
      return this.#text.decode(this.bytes.subarray(start, start + length));
    } catch {
      this.fail("a text must be UTF-8, got other bytes");
    }
  }

  /** Reads a text up to the end of the line. */
  line(): string {
    const end = this.bytes.subarray(this.at, this.at + LONGEST_NAME).indexOf(0x0a);
    if (end < 0) {
      if (this.bytes.length - this.at < LONGEST_NAME) throw new PickleCut();
      this.fail(`a name must have at most ${LONGEST_NAME} bytes, got more`);
    }
    const line = this.text(end);
    this.at++;
    return line;
  }

  /** Pushes a value. */
  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Pushes a new dictionary. */
  pushDictionary(): void {
    if (++this.#dictionaries > MOST_DICTIONARIES) {
      this.fail(`it must have at most ${MOST_DICTIONARIES} dictionaries, got more`);
    }
    this.push(new Map());
  }

  /** Pops the top value, which must be above the last mark. */
  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) {
      this.fail("it pops a value from an empty stack");
    }
    return this.#stack.pop()!;
  }

  /** The value on top of the stack. */
  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  /** Marks the top of the stack. */
  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  /** Pops the values above the last mark, and the mark. */
  popMarked(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) this.fail("it pops a missing mark");
    return this.#stack.splice(mark);
  }

  /** Memoises the top value under a number, usually the next one. */
  remember(key: number = this.#memo.length): void {
    if (key >= MOST_OPERATIONS) {
      this.fail(`a memo number must be below ${MOST_OPERATIONS}, got ${key}`);
    }
    this.#memo[key] = this.top();
  }

  /** The value memoised under a number. */
  remembered(key: number): PickleValue {
    const value = this.#memo[key];
    if (value === undefined) this.fail(`it must memoise a value before using it, got ${key}`);
    return value;
  }
}
