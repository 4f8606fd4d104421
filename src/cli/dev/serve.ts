/** The steps of `dev` and `functions serve`. */
import { resolve } from "node:path";
import { newIdentity } from "../../identity/identity.ts";
import type { DevEvent } from "../../local/dev/events.ts";
import { openContext } from "../context/open-project.ts";
import type { Environment } from "../shell/process-environment.ts";
import { styled } from "../shell/render.ts";
import type { Terminal } from "../shell/terminal.ts";
import { devEventText } from "../views/dev-lines.ts";
import { clockTime } from "../views/watch-lines.ts";

export interface ServeOptions {
	readonly environment: Environment;
	/** The name of the environment in the vault. */
	readonly name: string;
	/** The functions to serve; all if empty. */
	readonly names: readonly string[];
	readonly port: number;
	readonly allowNet: readonly string[];
	readonly watches: boolean;
	readonly signal: AbortSignal;
}

/** Begins each line of an event but the first. */
const INDENT = "    ";

/** The address that functions are served on. */
export const DEV_HOST = "127.0.0.1";

/** Serves functions until the signal aborts. Prints each event. @throws AppError as `DevServer.open` and `start` */
export async function serveFunctions(options: ServeOptions, terminal: Terminal): Promise<void> {
	const { allowNet, environment, name, names, port, signal, watches } = options;
	const context = await openContext(environment, name);
	const { DevServer } = await import("../../local/dev/dev-server.ts");
	const onEvent = (event: DevEvent) => print(event, name, terminal);
	{
		await using server = await DevServer.open({
			...{ allowNet, context, names, onEvent },
			identity: newIdentity(),
			address: { host: DEV_HOST, port },
			hidden: hiddenFiles(environment),
		});
		if (watches) await server.watch(signal);
		else {
			await server.start(false, signal);
			await aborted(signal);
		}
		onEvent({ event: "stopping" });
	}
	onEvent({ event: "stopped" });
}

/** The files that builds of functions must not read. */
export function hiddenFiles({ identityFile }: Environment): string[] {
	return identityFile === undefined ? [] : [resolve(identityFile)];
}

function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((end) => {
		if (signal.aborted) end();
		else signal.addEventListener("abort", () => end(), { once: true });
	});
}

function print(event: DevEvent, environment: string, terminal: Terminal): void {
	const at = new Date();
	terminal.document({ time: at.toISOString(), ...event });
	const [first = "", ...rest] = devEventText(event, environment)
		.replace(/\r?\n$/, "")
		.split(/\r?\n/);
	terminal.paragraph(`${styled("dim", clockTime(at))} ${first}`, INDENT);
	for (const line of rest) terminal.paragraph(INDENT + line, INDENT);
}
