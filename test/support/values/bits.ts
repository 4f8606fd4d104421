/** Bytes for tests, and damaged copies of them. */

export function hex(text: string): Uint8Array {
	return Uint8Array.from(Buffer.from(text, "hex"));
}

export function toHex(bytes: Uint8Array | undefined): string | undefined {
	return bytes && Buffer.from(bytes).toString("hex");
}

/** All copies of the bytes with one flipped bit. */
export function withEachBitTurned(bytes: Uint8Array): Uint8Array[] {
	return Array.from({ length: bytes.length * 8 }, (_, bit) => {
		const turned = Uint8Array.from(bytes);
		turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
		return turned;
	});
}
