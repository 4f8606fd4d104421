/** strace kills a rotation between each two of its steps: access is never lost, and the rotation continues. */
import { spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { cleanEnvironment, Project } from "../support/project.ts";

/**
 * Rotates the identity under strace.
 * @param inject the fault for one of the renames
 * @returns exit status, and the renamed files
 */
async function traced(
	project: Project,
	inject: readonly string[],
): Promise<{ end: string; targets: string[] }> {
	const variables = Object.entries(project.variables).filter(([, value]) => value !== undefined);
	const trace = join(project.machine, "tmp/trace");
	const options = ["-f", "-qq", "-s", "4096", "-o", trace, "-e", "trace=rename", ...inject];
	const child = spawn("strace", [...options, process.execPath, PROGRAM, "identity", "rotate", "--json"], {
		cwd: project.root,
		stdio: "ignore",
		// One thread for files, since strace counts the calls of each thread separately.
		env: { ...cleanEnvironment(), ...Object.fromEntries(variables), UV_THREADPOOL_SIZE: "1" },
	});
	const end = await new Promise<string>((resolve) =>
		child.on("close", (status, signal) => resolve(signal ?? String(status))),
	);
	const calls = readFileSync(trace, "utf8")
		.split("\n")
		.filter((line) => line.includes("rename("));
	return { end, targets: calls.map((line) => basename(line.split('"')[3] ?? "")) };
}

/**
 * The renames at which the process is killed: those of the identities and of the vault, and the one right
 * after each of them.
 */
function killPoints(targets: readonly string[]): number[] {
	const points = targets.flatMap((name, index) =>
		/^(identity.*|coffer\.vault)$/.test(name) ? [index, index + 1] : [],
	);
	return [...new Set(points)].map((index) => index + 1);
}

/**
 * Restores the machine's earlier files at the same paths, because state on the device refers to working copies
 * by path.
 */
function restore(project: Project, from: string): void {
	for (const name of ["state", "project"]) {
		rmSync(join(project.machine, name), { recursive: true });
		cpSync(join(from, name), join(project.machine, name), { recursive: true });
	}
	for (const name of readdirSync(project.machine))
		if (name.startsWith("identity")) rmSync(join(project.machine, name));
	cpSync(join(from, "identity"), join(project.machine, "identity"));
}

/** The value, decrypted with either of the two identities. */
async function readByEither(project: Project): Promise<string | undefined> {
	for (const name of ["identity", "identity.previous"]) {
		const env = { COFFER_IDENTITY_FILE: join(project.machine, name) };
		const read = await project.coffer(["secrets", "get", "A", "--reveal", "--json"], { env });
		if (read.status === 0) return read.json().value;
	}
	return undefined;
}

test("the vault can be read, and the rotation continues, after a kill at any step", {
	timeout: 300_000,
}, async () => {
	await using project = new Project({ identity: "none" });
	project.variables["COFFER_IDENTITY_FILE"] = join(project.machine, "identity");
	await project.ok(["init", "--name", "ana"]);
	await project.ok(["secrets", "set", "A=kept", "DROPPED=x"]);
	project.vault = project.vault.replace(/DROPPED\n.*\n\n/, "");
	await using kept = new Project({ identity: "none" });
	cpSync(project.machine, kept.machine, { recursive: true });

	const whole = await traced(project, []);
	expect(whole.end).toBe("0");
	const points = killPoints(whole.targets);
	// The two identities, and the vault two times.
	expect(points.length).toBeGreaterThanOrEqual(7);
	for (const point of points) {
		restore(project, kept.machine);
		const { end } = await traced(project, ["-e", `inject=rename:signal=SIGKILL:when=${point}`]);
		expect(end).toBe("SIGKILL");
		expect(await readByEither(project), `killed at rename ${point}`).toBe("kept");
		await project.ok(["identity", "rotate"]);
		const checked = await project.coffer(["vault", "verify", "--json"]);
		const findings = checked.json().findings.map(({ code }: { code: string }) => code);
		expect(findings, `killed at rename ${point}`).toEqual(["RECORD_DROPPED"]);
		expect(checked.json().environments).toMatchObject([{ opened: 1 }]);
		const files = readdirSync(project.machine).filter((name) => name.startsWith("identity"));
		expect(files.sort()).toEqual(["identity", "identity.previous"]);
		const previous = readFileSync(join(project.machine, "identity.previous"));
		expect(previous).toEqual(readFileSync(join(kept.machine, "identity")));
	}
});
