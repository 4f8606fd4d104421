/**
 * The control socket between the platform and the host in a function's process: lines of JSON.
 */
import { chmodSync, chownSync } from "node:fs";
import type { Socket } from "node:net";
import type { FaultBoundary } from "../faults.ts";
import type { User } from "./users.ts";

/** What a process says, and to whom. */
interface Hearers {
	/** It accepts connections. */
	readonly listening: () => void;
	/** It has work that goes on after its responses, or none any more. */
	readonly holding: (isHeld: boolean) => void;
}

/** A message is far shorter; what never ends is dropped. */
const MESSAGE_CHARACTERS_MAX = 1_024;

/**
 * Hands over and hears what the host says. The open connection tells the host that the platform lives.
 * @param faults where an exception closes the connection, which ends the function's process
 */
export function talk(
	socket: Socket,
	handover: Promise<string>,
	{ listening, holding }: Hearers,
	faults: FaultBoundary,
): void {
	const close = () => socket.destroy();
	socket.on("error", close);
	faults.run(async () => socket.write(`${await handover}\n`), close);
	let rest = "";
	const hear = (text: string) => {
		const lines = (rest + text).slice(0, MESSAGE_CHARACTERS_MAX).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) {
			if (line === '{"ready":true}') listening();
			else if (line === '{"holding":true}' || line === '{"holding":false}') holding(line.includes("true"));
		}
	};
	socket.setEncoding("utf8").on("data", faults.callback(hear, close));
	socket.unref();
}

/** Lets a function's user connect to a socket that was just made. */
export function openTo({ gid }: User, path: string): void {
	try {
		chownSync(path, 0, gid);
		chmodSync(path, 0o660);
	} catch {
		// It was not made, which the server says itself.
	}
}
