/**
 * Runs esbuild for `deno bundle`, with one flag replaced (`../../build/bundler.ts` explains why). The first message to
 * esbuild contains its flags. Everything else passes unchanged.
 *
 * Arguments: the flag to replace, the replacement, the path of esbuild, esbuild's own arguments.
 */

/** The size of a message or of a string comes first, little-endian. */
const SIZE_BYTES = 4;
/** The tag before a string in esbuild's protocol. */
const STRING = 3;

function encodeSize(size: number): Uint8Array {
	const bytes = new Uint8Array(SIZE_BYTES);
	new DataView(bytes.buffer).setUint32(0, size, true);
	return bytes;
}

function concat(...parts: Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
	let end = 0;
	for (const part of parts) {
		whole.set(part, end);
		end += part.length;
	}
	return whole;
}

function encodeString(text: string): Uint8Array {
	const bytes = new TextEncoder().encode(text);
	return concat(new Uint8Array([STRING]), encodeSize(bytes.length), bytes);
}

/** Replaces a string in a message. A message without it is not changed. */
function exchange(message: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
	for (let start = 0; start + from.length <= message.length; start++) {
		if (from.every((byte, index) => message[start + index] === byte))
			return concat(message.subarray(0, start), to, message.subarray(start + from.length));
	}
	return message;
}

/** Reads this many bytes of standard input; fewer if it ends before. */
async function readBytes(count: number): Promise<Uint8Array> {
	const bytes = new Uint8Array(count);
	let size = 0;
	while (size < count) {
		const more = await Deno.stdin.read(bytes.subarray(size));
		if (more === null) break;
		size += more;
	}
	return bytes.subarray(0, size);
}

const [from = "", to = "", program = "", ...args] = Deno.args;
const child = new Deno.Command(program, {
	args,
	stdin: "piped",
	stdout: "inherit",
	stderr: "inherit",
}).spawn();
const size = await readBytes(SIZE_BYTES);
if (size.length === SIZE_BYTES) {
	const message = await readBytes(new DataView(size.buffer).getUint32(0, true));
	const exchanged = exchange(message, encodeString(from), encodeString(to));
	const writer = child.stdin.getWriter();
	await writer.write(concat(encodeSize(exchanged.length), exchanged));
	writer.releaseLock();
}
// It fails if esbuild ends first. Then the exit status gives the reason.
Deno.stdin.readable.pipeTo(child.stdin).catch(() => undefined);
Deno.exit((await child.status).code);
