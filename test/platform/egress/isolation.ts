/** Starts `isolation.program.ts` among test hosts, and asks its scripts. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Interface } from "node:readline";
import type { NetworkIsolation } from "../../../src/platform/egress/network.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { ROOT } from "../../support/root.ts";
import { ask, EGRESS_PROGRAM, HOST_PATH } from "../runtime/harness.ts";
import type { Outcome } from "../runtime/isolation/hostile.ts";
import { bundleForNode } from "../runtime/strip.ts";
import { TestHosts } from "./test-hosts.ts";

export interface IsolationProgram {
	readonly isolation: NetworkIsolation;
	readonly hosts: TestHosts;
	/** The process id of the program, which has the part of the platform. */
	readonly platformPid: number;
	pid(script: string): number;
	/** Runs code in a script. */
	probe(script: string, code: string): Promise<Outcome>;
	/** The refusals and failures since the last call. */
	refused(): Promise<string[]>;
	close(): Promise<void>;
}

interface Options {
	isolation?: NetworkIsolation;
	allowNet?: string[];
	functions: Record<string, string[] | null>;
}

export async function startIsolationProgram({
	isolation = "namespace",
	allowNet = [],
	functions,
}: Options): Promise<IsolationProgram> {
	const directory = await mkdtemp(join(tmpdir(), "cw-"));
	await chmod(directory, 0o711);
	const program = join(directory, "walls.mjs");
	await bundleForNode(join(ROOT, "test/platform/egress/isolation.program.ts"), program);
	const hosts = await TestHosts.open();
	const request = {
		directory,
		deno: await findDeno(),
		socketOpenerPath: join(dirname(HOST_PATH), "egress-sockets.js"),
		program: EGRESS_PROGRAM,
		isolation,
		allowNet,
		functions,
	};
	interface Started {
		isolation: NetworkIsolation;
		scripts: Record<string, { pid: number; socketPath: string }>;
	}
	const { child, lines, firstLine } = await hosts.run<Started>(program, JSON.stringify(request));
	const script = (name: string) => firstLine.scripts[name] ?? { pid: -1, socketPath: "" };
	return {
		isolation: firstLine.isolation,
		hosts,
		// `ip netns exec` becomes the program.
		platformPid: child.pid ?? -1,
		pid: (name) => script(name).pid,
		probe: async (name, code) => {
			const { body } = await ask(script(name).socketPath, "/", { method: "POST", body: code });
			return JSON.parse(body);
		},
		refused: () => nextLine(child, lines),
		close: async () => {
			const ended = once(child, "close");
			child.stdin?.end();
			await ended;
			hosts.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

async function nextLine(child: ChildProcess, lines: Interface): Promise<string[]> {
	const line = once(lines, "line");
	child.stdin?.write("?\n");
	const [text] = await line;
	return JSON.parse(String(text));
}
