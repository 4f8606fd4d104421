/** A rotation whose process is killed before each file that it puts in place, by strace: no access is lost, and it goes on. */
import { spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanEnvironment, Project } from "./support/project.ts";

const PROGRAM = join(import.meta.dirname, "../../bin/run.js");
/** More than a rotation of one environment puts in place. */
const FILES_MAX = 40;

/** Rotates, and kills the process at its n-th rename. @returns whether it came to its end before */
async function rotateUntil(project: Project, rename: number): Promise<boolean> {
	const variables = Object.entries(project.variables).filter(([, value]) => value !== undefined);
	const inject = `inject=rename:signal=SIGKILL:when=${rename}`;
	const strace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=rename", "-e", inject];
	const child = spawn("strace", [...strace, process.execPath, PROGRAM, "identity", "rotate", "--json"], {
		cwd: project.root,
		stdio: "ignore",
		// One thread for files, since strace counts each thread's calls apart.
		env: { ...cleanEnvironment(), ...Object.fromEntries(variables), UV_THREADPOOL_SIZE: "1" },
	});
	const [status, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
		child.on("close", (...end) => resolve(end)),
	);
	if (status !== 0) expect([status, signal]).toEqual([null, "SIGKILL"]);
	return status === 0;
}

/** Takes the machine back to how it was: its paths stay, by which it knows its working copies. */
function restore(project: Project, from: string): void {
	for (const name of ["state", "project"]) {
		rmSync(join(project.machine, name), { recursive: true });
		cpSync(join(from, name), join(project.machine, name), { recursive: true });
	}
	for (const name of readdirSync(project.machine))
		if (name.startsWith("identity")) rmSync(join(project.machine, name));
	cpSync(join(from, "identity"), join(project.machine, "identity"));
}

/** The value, by whichever of the two identities opens it. */
async function readByEither(project: Project): Promise<string | undefined> {
	for (const name of ["identity", "identity.previous"]) {
		const env = { COFFER_IDENTITY_FILE: join(project.machine, name) };
		const read = await project.coffer(["secrets", "get", "A", "--reveal", "--json"], { env });
		if (read.status === 0) return read.json().value;
	}
	return undefined;
}

test("killed at every step, it can be read, and goes on", { timeout: 300_000 }, async () => {
	await using project = new Project({ identity: "none" });
	project.variables["COFFER_IDENTITY_FILE"] = join(project.machine, "identity");
	await project.ok(["init", "--name", "ana"]);
	await project.ok(["secrets", "set", "A=kept", "DROPPED=x"]);
	project.vault = project.vault.replace(/DROPPED\n.*\n\n/, "");
	await using kept = new Project({ identity: "none" });
	cpSync(project.machine, kept.machine, { recursive: true });

	let rename = 1;
	for (; ; rename++) {
		restore(project, kept.machine);
		if (await rotateUntil(project, rename)) break;
		expect(await readByEither(project), `killed at rename ${rename}`).toBe("kept");
		await project.ok(["identity", "rotate"]);
		const checked = await project.coffer(["vault", "verify", "--json"]);
		const findings = checked.json().findings.map(({ code }: { code: string }) => code);
		expect(findings, `killed at rename ${rename}`).toEqual(["RECORD_DROPPED"]);
		expect(checked.json().environments).toMatchObject([{ opened: 1 }]);
		expect(checked.status).toBe(7);
		const files = readdirSync(project.machine).filter((name) => name.startsWith("identity"));
		expect(files.sort()).toEqual(["identity", "identity.previous"]);
		expect(readFileSync(join(project.machine, "identity.previous"))).toEqual(
			readFileSync(join(kept.machine, "identity")),
		);
		expect(rename).toBeLessThan(FILES_MAX);
	}
	expect(rename).toBeGreaterThan(10);
});
