/**
 * The control socket between the platform and the host in a function's process: lines of JSON.
 */
import type { Socket } from "node:net";

/** What a process says, and to whom. */
interface Hearers {
	/** It accepts connections. */
	readonly listening: () => void;
	/** It has work that goes on after its responses, or none any more. */
	readonly holding: (isHeld: boolean) => void;
}

/** A message is far shorter; what never ends is dropped. */
const MESSAGE_CHARACTERS_MAX = 1_024;

/** Hands over and hears what the host says. The open connection tells the host that the platform lives. */
export function talk(socket: Socket, handover: Promise<string>, { listening, holding }: Hearers): void {
	socket.on("error", () => socket.destroy());
	void handover.then((line) => socket.write(`${line}\n`));
	let rest = "";
	socket.setEncoding("utf8").on("data", (text: string) => {
		const lines = (rest + text).slice(0, MESSAGE_CHARACTERS_MAX).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) {
			if (line === '{"ready":true}') listening();
			else if (line === '{"holding":true}' || line === '{"holding":false}') holding(line.includes("true"));
		}
	});
	socket.unref();
}
