/** Connections to the stores of apps as a function's own code could make them. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import type { KvServer } from "../../../src/platform/kv/kv-server.ts";

/** A message: its length and its content. */
export function frame(content: string | Buffer): Buffer {
	const bytes = Buffer.from(content);
	const length = Buffer.alloc(4);
	length.writeUInt32LE(bytes.length);
	return Buffer.concat([length, bytes]);
}

/** A request as a message. */
export const requestFrame = (request: object): Buffer => frame(JSON.stringify(request));

/** The key `[name]` on the wire. */
export const keyOf = (name: string): string => Buffer.from(`\x02${name}\0`, "latin1").toString("base64url");

/** A write of one value under several keys. */
export function writeOf(names: readonly string[], value = "v", more: object = {}): object {
	const wire = [3, Buffer.from(value).toString("base64url")];
	const mutations = names.map((name) => ({ key: keyOf(name), type: "set", value: wire, ...more }));
	return { op: "write", id: 1, checks: [], mutations };
}

/** Connects to the store of an app. @param name identifies the process */
export async function rawConnection(
	server: KvServer,
	folder: string,
	app: string,
	name = app,
): Promise<Socket> {
	const path = join(folder, `s-${name}`);
	await server.listen({ path, gid: undefined, app });
	const socket = connect(path);
	await once(socket, "connect");
	return socket;
}

/** The answers that arrive on a connection. */
export class Answers {
	readonly all: { id: number; [key: string]: unknown }[] = [];
	#rest = Buffer.alloc(0);
	#wanted: { count: number; resolve: () => void } | undefined;

	constructor(socket: Socket) {
		socket.on("data", (chunk: Buffer) => {
			this.#rest = Buffer.concat([this.#rest, chunk]);
			for (;;) {
				if (this.#rest.length < 4) break;
				const end = 4 + this.#rest.readUInt32LE();
				if (this.#rest.length < end) break;
				this.all.push(JSON.parse(this.#rest.subarray(4, end).toString()));
				this.#rest = this.#rest.subarray(end);
			}
			if (this.#wanted !== undefined && this.all.length >= this.#wanted.count) this.#wanted.resolve();
		});
	}

	/** Waits until this many answers have arrived in all. */
	async count(count: number): Promise<void> {
		if (this.all.length >= count) return;
		await new Promise<void>((resolve) => {
			this.#wanted = { count, resolve };
		});
	}
}
