/** A process that writes to a vault: `MODE ROOT STATE NAME [COUNT]`. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { replaceFile } from "../../src/project/files/atomic-file.ts";
import { withLock } from "../../src/project/files/vault-lock.ts";
import { setSecrets } from "../../src/project/secrets/edit-secrets.ts";
import { contextOf } from "./project.ts";

const [mode = "", root = "", state = "", name = "", count = "1"] = process.argv.slice(2);

async function write(value: string): Promise<void> {
	for (let made = 0; made < Number(count); made++) {
		await setSecrets(contextOf(root, state), new Map([[`${name}_${made}`, value]]));
	}
}

/** Prints each name after it is written or, as a planted bug, before. */
async function tell(early: boolean): Promise<void> {
	for (let made = 0; made < Number(count); made++) {
		const written = `${name}_${made}`;
		if (early) process.stdout.write(`${written}\n`);
		await setSecrets(contextOf(root, state), new Map([[written, "value"]]));
		if (!early) process.stdout.write(`${written}\n`);
	}
}

/** Runs another mode of this program in a process that may not write more than 8 KiB into one file. */
function limited(): void {
	const script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
	const [program = ""] = process.argv.slice(1);
	const arguments_ = ["-c", script, "limited", process.execPath, program, "large", root, state, name];
	const { status, stderr } = spawnSync("bash", arguments_, { encoding: "utf8" });
	process.stderr.write(stderr);
	process.exitCode = status ?? 1;
}

const MODES: Record<string, () => unknown> = {
	tell: () => tell(false),
	"tell-early": () => tell(true),
	large: () => write("v".repeat(32 * 1024)),
	limited,
	/** Ends while it holds the lock. */
	"die-locked": () =>
		withLock(join(root, "coffer.vault.lock"), async () => {
			process.kill(process.pid, "SIGKILL");
		}),
	/** Ends when the new content is on disk and the old file is not yet replaced. */
	"die-writing": () =>
		replaceFile(join(root, "coffer.vault"), "new", {
			mode: 0o600,
			beforeRename: async () => {
				process.kill(process.pid, "SIGKILL");
			},
		}),
};

await MODES[mode]?.();
