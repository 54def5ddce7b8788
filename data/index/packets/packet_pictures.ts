/** Reads bytes of a packet from an offset; fewer at the end. */
export type ReadPacket = (offset: number, length: number) => Uint8Array;

/** What the headers of a packet's pictures say. */
export interface PacketPictures {
  /** Number of displayed pictures; others are only references. */
  readonly shown: number;
  /** Whether decoding can start here with complete pictures. */
  readonly key: boolean;
  /** Whether they have the size of the stream's first picture. */
  readonly sameSize: boolean;
}

/**
 * Inspects a packet of `size` bytes; packets come in storage order.
 *
 * @returns null if the packet is not valid for its codec
 */
export type LookIntoPacket = (read: ReadPacket, size: number) => PacketPictures | null;
