/** A client of HTTP/2 that writes its frames itself, valid or not. It uses no code of Node's http2 module. */
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";

export const TYPES = {
	DATA: 0,
	HEADERS: 1,
	PRIORITY: 2,
	RST_STREAM: 3,
	SETTINGS: 4,
	PUSH_PROMISE: 5,
	PING: 6,
	GOAWAY: 7,
	WINDOW_UPDATE: 8,
	CONTINUATION: 9,
} as const;
export type FrameType = keyof typeof TYPES;
const NAMES = Object.keys(TYPES) as FrameType[];
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
const ACK = 0x1;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD_BYTES = 9;

/** Error codes (RFC 9113, section 7). */
export const CODES = {
	PROTOCOL_ERROR: 1,
	INTERNAL_ERROR: 2,
	REFUSED_STREAM: 7,
	CANCEL: 8,
	CALM: 11,
} as const;

export interface Frame {
	readonly type: FrameType;
	readonly flags: number;
	readonly stream: number;
	readonly payload: Buffer;
}

export function frame(type: FrameType, flags: number, stream: number, payload: Buffer | string = ""): Buffer {
	const content = Buffer.from(payload as string, "latin1");
	const head = Buffer.alloc(HEAD_BYTES);
	head.writeUIntBE(content.length, 0, 3);
	head.writeUInt8(TYPES[type], 3);
	head.writeUInt8(flags, 4);
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, content]);
}

export function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

/** An integer of HPACK (RFC 7541, section 5.1) in a byte whose first bits are zero. */
function integer(value: number, bits: number): number[] {
	const max = 2 ** bits - 1;
	if (value < max) return [value];
	const bytes = [max];
	let left = value - max;
	for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
	return [...bytes, left];
}

const literal = (text: string) =>
	Buffer.concat([Buffer.from(integer(text.length, 7)), Buffer.from(text, "latin1")]);

export type Fields = readonly (readonly [name: string, value: string])[];

/** A header block of literals, none of which the other side keeps. */
export function block(fields: Fields): Buffer {
	return Buffer.concat(
		fields.map(([name, value]) => Buffer.concat([Buffer.of(0), literal(name), literal(value)])),
	);
}

/** The usual pseudo-headers, and further fields. */
export function get(path: string, fields: Fields = [], method = "GET"): Fields {
	return [[":method", method], [":scheme", "https"], [":authority", "localhost"], [":path", path], ...fields];
}

/** The statuses of the static table, and the codes of digits (RFC 7541, appendices A and B). */
const STATIC = new Map([200, 204, 206, 304, 400, 404, 500].map((status, index) => [0x88 + index, status]));

/** The status in a header block, whose first field it is. */
function statusOf(payload: Buffer): number {
	// The new size of the table, 0, which a client may ask for.
	if (payload[0] === 0x20) return statusOf(payload.subarray(1));
	const found = STATIC.get(payload[0] ?? 0);
	if (found !== undefined) return found;
	const size = (payload[1] ?? 0) & 0x7f;
	const text = payload.subarray(2, 2 + size);
	if (((payload[1] ?? 0) & 0x80) === 0) return Number(text.toString("latin1"));
	let bits = [...text].map((byte) => byte.toString(2).padStart(8, "0")).join("");
	let status = 0;
	for (let digit = 0; digit < 3; digit++) {
		const short = Number.parseInt(bits.slice(0, 5), 2);
		status = 10 * status + (short <= 2 ? short : Number.parseInt(bits.slice(0, 6), 2) - 0x16);
		bits = bits.slice(short <= 2 ? 5 : 6);
	}
	return status;
}

/** What has arrived of a stream. */
export interface StreamOutcome {
	readonly status?: number;
	readonly body?: string;
	readonly reset?: number;
	readonly goaway?: number;
}

export class RawHttp2 implements Disposable {
	readonly socket: TLSSocket;
	readonly frames: Frame[] = [];
	isClosed = false;
	#unread: Buffer = Buffer.alloc(0);
	#changed = () => {};

	constructor(socket: TLSSocket) {
		this.socket = socket;
		socket.on("error", () => undefined);
		socket.on("data", (bytes: Buffer) => this.#read(bytes));
		for (const event of ["end", "close"])
			socket.on(event, () => {
				this.isClosed = true;
				this.#changed();
			});
	}

	/** Connects, and sends the preface. @param settings the payload of the SETTINGS frame */
	static async open(port: number, settings: Buffer = Buffer.alloc(0)): Promise<RawHttp2> {
		const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false });
		const client = new RawHttp2(socket);
		await once(socket, "secureConnect");
		socket.write(Buffer.concat([Buffer.from(PREFACE), frame("SETTINGS", 0, 0, settings)]));
		return client;
	}

	#read(bytes: Buffer): void {
		this.#unread = Buffer.concat([this.#unread, bytes]);
		while (this.#unread.length >= HEAD_BYTES) {
			const size = HEAD_BYTES + this.#unread.readUIntBE(0, 3);
			if (this.#unread.length < size) break;
			const type = NAMES[this.#unread.readUInt8(3)];
			if (type === undefined) throw new Error("The server sent a frame of an unknown type.");
			const read = {
				type,
				flags: this.#unread.readUInt8(4),
				stream: this.#unread.readUInt32BE(5),
				payload: this.#unread.subarray(HEAD_BYTES, size),
			};
			this.#unread = this.#unread.subarray(size);
			this.frames.push(read);
			if (type === "SETTINGS" && read.flags !== ACK) this.send(frame("SETTINGS", ACK, 0));
		}
		this.#changed();
	}

	send(...frames: readonly Buffer[]): this {
		this.socket.write(Buffer.concat(frames));
		return this;
	}

	/** Sends a request. */
	request(stream: number, fields: Fields, body?: string): this {
		const flags = END_HEADERS | (body === undefined ? END_STREAM : 0);
		this.send(frame("HEADERS", flags, stream, block(fields)));
		return body === undefined ? this : this.send(frame("DATA", END_STREAM, stream, body));
	}

	/** Waits until something is true, or the connection has closed. */
	async until(isEnough: () => boolean): Promise<void> {
		while (!this.isClosed && !isEnough())
			await new Promise<void>((resolve) => {
				this.#changed = resolve;
			});
	}

	of(type: FrameType, stream?: number): Frame[] {
		return this.frames.filter(
			(each) => each.type === type && (stream === undefined || each.stream === stream),
		);
	}

	/** Whether a stream has ended, with or without a complete response. */
	isOver(stream: number): boolean {
		return this.#isComplete(stream) || this.of("RST_STREAM", stream).length > 0;
	}

	#isComplete(stream: number): boolean {
		return this.frames.some(
			(each) => each.stream === stream && (each.flags & END_STREAM) !== 0 && each.type in HAS_END,
		);
	}

	/** The end of a stream: its status and body; or the code with which it, or the whole connection, was ended. */
	async outcome(stream: number): Promise<StreamOutcome> {
		await this.until(() => this.isOver(stream));
		return this.seen(stream);
	}

	/** As `outcome`, of what has arrived so far. */
	seen(stream: number): StreamOutcome {
		const isComplete = this.#isComplete(stream);
		const reset = this.of("RST_STREAM", stream)[0]?.payload.readUInt32BE(0);
		const head = this.of("HEADERS", stream)[0];
		const goaway = this.of("GOAWAY").at(-1)?.payload.readUInt32BE(4);
		return {
			...(head && { status: statusOf(head.payload) }),
			...(isComplete && {
				body: Buffer.concat(this.of("DATA", stream).map(({ payload }) => payload)).toString(),
			}),
			...(reset !== undefined && !isComplete && { reset }),
			...(goaway !== undefined && !isComplete && { goaway }),
		};
	}

	/** The code of the GOAWAY frame with which the server ends the connection. */
	async goaway(): Promise<number | undefined> {
		await this.until(() => false);
		return this.of("GOAWAY").at(-1)?.payload.readUInt32BE(4);
	}

	[Symbol.dispose](): void {
		this.socket.destroy();
	}
}

const HAS_END = { DATA: true, HEADERS: true };
