/**
 * The isolation by a network namespace and the view of files that belongs to it: a Deno with all permissions,
 * inside a function's network and outside of it.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	abstractSocket,
	CONNECTION_ATTEMPTS,
	datagram,
	LISTENER,
	OVERFLOW,
	OWN_MACHINE,
	toListener,
	within,
} from "../../../../platform/egress/connection-attempts.ts";
import { type IsolationProgram, startIsolationProgram } from "../../../../platform/egress/isolation.ts";
import { PRIVATE, PUBLIC } from "../../../../platform/egress/test-hosts.ts";
import type { Part, Probe } from "./probe.ts";

const NAME = `coffer-hostile-${process.pid}`;
const SHARED = ["/run", "/dev/shm", "/var/tmp"];
/** Hosts of the public internet that the function `listed` does not name. */
const UNLISTED = ["elsewhere.example", "11.0.0.11", "other.example"];

/** @param script the script in a function's network */
function probe(wall: IsolationProgram, aim: string, script: string, code: string): Probe {
	return {
		aim,
		name: code,
		within: () => wall.probe(script, code),
		without: () => wall.probe("outside", code),
	};
}

function networkProbes(wall: IsolationProgram): Probe[] {
	const to = (script: string, hosts: readonly string[]) =>
		hosts.flatMap((host) =>
			Object.values(CONNECTION_ATTEMPTS).map((way) =>
				probe(wall, "network", script, within(5_000, way(host))),
			),
		);
	const packets = [...PRIVATE, ...PUBLIC].map((host) =>
		// If nothing comes back, the probe waits for the whole time. A response comes at once.
		({ ...probe(wall, "datagrams", "open", within(1_000, datagram(host))) }),
	);
	const own = OWN_MACHINE.map((host) =>
		probe(wall, "the machine's own listeners", "open", within(5_000, toListener(host))),
	);
	return [
		...to("open", [...PRIVATE, "inside.example"]),
		...to("listed", UNLISTED),
		...to("closed", ["api.example", ...PUBLIC]),
		...packets,
		...own,
	];
}

export async function openNetworkNamespace(): Promise<Part> {
	const wall = await startIsolationProgram({
		functions: { open: null, listed: ["api.example:80"], closed: [] },
	});
	if (wall.isolation !== "namespace") throw new Error("Network namespaces do not work on this machine.");
	const socket = abstractSocket(NAME);
	await wall.probe("outside", LISTENER);
	await wall.probe("outside", socket.listen);
	const files = SHARED.map((folder) => join(folder, NAME));
	for (const file of files) writeFileSync(file, "another's", { mode: 0o644 });
	return {
		wall: "a network and a view of the files of its own",
		probes: [
			...networkProbes(wall),
			probe(wall, "abstract sockets", "open", within(5_000, socket.connect)),
			...files.map((file) => probe(wall, "files of others", "open", `return Deno.readTextFile("${file}")`)),
			probe(wall, "its temporary folder", "open", OVERFLOW),
		],
		close: async () => {
			for (const file of files) rmSync(file, { force: true });
			await wall.close();
		},
	};
}
