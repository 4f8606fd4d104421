/** Checks whether processes can be moved into groups. In containers the files often exist but cannot be written. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { makeGroup, moveProcess, processesIn, removeGroup } from "./cgroup-files.ts";
import type { GroupTree } from "./process-groups.ts";

/** Moves a waiting process into a group like a function's. @throws the file system's error, or Error that describes the failure */
export async function probeGroups(tree: GroupTree): Promise<void> {
	const child = spawn("/bin/sh", ["-c", "read -r _"], { env: {}, stdio: ["pipe", "ignore", "ignore"] });
	child.stdin.on("error", () => {});
	const ended = once(child, "close");
	const app = join(tree.root, "probe");
	const folder = join(app, "process");
	try {
		await once(child, "spawn");
		const { pid = -1 } = child;
		await makeGroup(app, tree.ofApp);
		await makeGroup(folder, { ...tree.ofProcess, ...tree.ofMemory?.(64) });
		await moveProcess(folder, pid);
		if (!(await processesIn(folder)).includes(pid))
			throw new Error(`A process could not be moved into the control group ${folder}.`);
	} finally {
		// This ends the process if it was not killed.
		child.stdin.end();
		await removeGroup(app);
		await ended;
	}
}
