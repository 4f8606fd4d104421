/**
 * One function behind the egress proxy, and the same one with the machine's network. Takes its options as JSON in the first
 * argument, says by which Unix sockets both answer as a line of JSON, and ends with its standard input.
 */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { NetworkIsolation } from "../src/platform/egress/network.ts";
import { createDenoRuntime } from "../src/platform/runtime/open-deno.ts";
import type { Runtime } from "../src/platform/runtime/runtime.ts";

/** What `egress.bench.ts` asks for. */
export interface Request {
	/** An empty folder. */
	directory: string;
	deno: string;
	hostPath: string;
	/** The file that the egress proxy is built to. */
	egressProgram: string;
	/** The function's module. */
	code: string;
}

/** The sockets by which the two functions answer. */
export interface Ready {
	proxied: string;
	direct: string;
}

const { code, deno: binary, directory, egressProgram, hostPath }: Request = JSON.parse(process.argv[2] ?? "");

async function start(wall: NetworkIsolation): Promise<{ runtime: Runtime; socketPath: string }> {
	const own = join(directory, wall);
	await mkdir(own, { mode: 0o711 });
	const programs = { binary, hostPath, egressProgram };
	const onMissingIsolation = (missing: NetworkIsolation, why: string) => console.error(missing, why);
	const runtime = await createDenoRuntime({
		...programs,
		directory: own,
		isolationKinds: [wall],
		onMissingIsolation,
	});
	if (runtime.network.wall !== wall) throw new Error(`The wall "${wall}" does not work here.`);
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
