/**
 * Scripts of Deno's without any wall of its own: in the network of a function, and beside it in the machine's. Says by
 * which sockets they answer, and what was refused, as lines of JSON; ends with its standard input.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NetworkIsolation } from "../../../src/platform/egress/network.ts";
import { openNetwork } from "../../../src/platform/egress/open-network.ts";
import { Users } from "../../../src/platform/machine/users.ts";
import { dropPrivilegesCommand } from "../../../src/platform/runtime/process/drop-privileges.ts";
import { evaluatorScript } from "../runtime/evaluator.ts";

interface Request {
	directory: string;
	deno: string;
	socketOpenerPath: string;
	program: string;
	wall: NetworkIsolation;
	allowNet: string[];
	/** The `network` of each function. */
	functions: Record<string, string[] | null>;
}

const request: Request = JSON.parse(process.argv[2] ?? "");
const { allowNet, deno, directory, functions, socketOpenerPath, program, wall } = request;
const users = new Users();
const egress = join(directory, "egress");
mkdirSync(egress, { mode: 0o711 });
const refused: string[] = [];
const network = await openNetwork({
	directory: egress,
	deno,
	socketOpenerPath,
	program,
	allowNet,
	user: users.reserve(),
	needed: [directory, deno],
	isRoot: true,
	hasUsers: true,
	isolationKinds: [wall],
	onMissing: (which, why) => console.error(which, why),
	onFailed: (what) => refused.push(`fallen: ${what}`),
});

/** @param hosts undefined for a script that no wall is around. @param user root's where it is one of the machine's own */
async function start(name: string, hosts: string[] | null | undefined, user = users.reserve()) {
	const folder = join(directory, name);
	const [temporary, denoDirectory, socketPath, script] = ["tmp", "deno", "s", "script.js"].map((each) =>
		join(folder, each),
	) as [string, string, string, string];
	for (const path of [folder, temporary, denoDirectory]) {
		mkdirSync(path, { mode: 0o700 });
		chownSync(path, user.uid, user.gid);
	}
	chmodSync(folder, 0o711);
	writeFileSync(script, evaluatorScript(socketPath), { mode: 0o644 });
	const guest = { network: hosts ?? undefined, temporary, user };
	const admission = hosts === undefined ? undefined : await network.attach(guest);
	if (admission !== undefined) admission.onRefused = (sentence) => refused.push(`${name}: ${sentence}`);
	const isRoot = admission?.startsAsRoot !== false;
	const flags = ["run", "--quiet", "--no-config", "--no-lock", "-A", "--unstable-kv", "--unstable-net"];
	const before = [
		...(admission?.commandPrefix ?? []),
		...dropPrivilegesCommand(isRoot ? { becomes: user } : undefined),
	];
	const [file = "", ...args] = [...before, deno, ...flags, script];
	const child = spawn(file, args, {
		cwd: temporary,
		env: { DENO_DIR: denoDirectory, TMPDIR: temporary, NO_COLOR: "1" },
		stdio: ["ignore", "pipe", "inherit"],
		...(isRoot ? {} : user),
	});
	await once(child.stdout, "data");
	child.stdout.resume();
	return { child, pid: child.pid ?? -1, socketPath, leave: admission?.detach };
}

const started = await Promise.all(
	Object.entries(functions).map(async ([name, hosts]) => [name, await start(name, hosts)] as const),
);
// Beside the functions: without a namespace, and as a user that no rule is about.
const root = { uid: 0, gid: 0 };
started.push(["outside", await start("outside", undefined, request.wall === "namespace" ? undefined : root)]);
started.push(["root", await start("root", undefined, root)]);
const said = started.map(([name, { pid, socketPath }]) => [name, { pid, socketPath }]);
console.log(JSON.stringify({ wall: network.wall, scripts: Object.fromEntries(said) }));

process.stdin.on("data", () => console.log(JSON.stringify(refused.splice(0))));
await once(process.stdin, "end");
for (const [, { child }] of started) child.kill("SIGKILL");
await network.close();
