/**
 * Starts a function behind the egress proxy, and the same function with the machine's network. Reads its options as
 * JSON from the first argument, prints the Unix sockets of both as a line of JSON, and ends when its standard
 * input ends.
 */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkIsolation } from "../../src/platform/egress/network.ts";
import { createDenoRuntime } from "../../src/platform/runtime/open-deno.ts";
import type { Runtime } from "../../src/platform/runtime/runtime.ts";

/** The options that `egress.bench.ts` passes. */
export interface Request {
	/** An empty folder. */
	directory: string;
	deno: string;
	hostPath: string;
	/** The path of the bundle of the egress proxy. */
	egressProgram: string;
	/** The function's module. */
	code: string;
}

/** The Unix sockets at which the two functions serve. */
export interface Ready {
	proxied: string;
	direct: string;
}

const { code, deno: binary, directory, egressProgram, hostPath }: Request = JSON.parse(process.argv[2] ?? "");

async function start(isolation: NetworkIsolation): Promise<{ runtime: Runtime; socketPath: string }> {
	const folder = join(directory, isolation);
	await mkdir(folder, { mode: 0o711 });
	const programs = { binary, hostPath, egressProgram };
	const onMissingIsolation = (missing: NetworkIsolation, why: string) => console.error(missing, why);
	const runtime = await createDenoRuntime({
		...programs,
		directory: folder,
		isolationKinds: [isolation],
		onMissingIsolation,
	});
	if (runtime.network.isolation !== isolation)
		throw new Error(`The network isolation "${isolation}" does not work on this machine.`);
	const { socketPath } = await runtime.start({
		app: "bench",
		function: "fetches",
		deployment: "d1",
		code: new TextEncoder().encode(code),
		environment: new Map(),
	});
	return { runtime, socketPath };
}

const proxied = await start("namespace");
const direct = await start("none");
const ready: Ready = { proxied: proxied.socketPath, direct: direct.socketPath };
console.log(JSON.stringify(ready));
process.stdin.resume();
await once(process.stdin, "end");
await Promise.all([proxied.runtime.close(), direct.runtime.close()]);
