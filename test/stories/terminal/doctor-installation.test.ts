/** `coffer doctor` on a machine on which only Coffer's own files are: its remedies install the rest with npm. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { PROGRAM } from "../../support/program.ts";
import { ROOT } from "../../support/root.ts";
import { type RegistryPackage, startNpmRegistry } from "../../support/services/npm-registry.ts";
import { mended, remedyOf, textsOf } from "../support/doctor.ts";
import { newProject } from "../support/project.ts";

/** The packages of these names, and all that they need. Optional packages for other machines are left out. */
function published(names: readonly string[]): Record<string, RegistryPackage> {
	const packages: Record<string, RegistryPackage> = {};
	const add = (wanted: string) => {
		const folder = join(ROOT, "node_modules", wanted);
		if (!existsSync(folder)) return;
		const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
		if (packages[manifest.name] !== undefined) return;
		packages[manifest.name] = { folder, ...(wanted === "deno" && { without: ["deno"] }) };
		for (const each of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) add(each);
	};
	for (const name of names) add(name);
	return packages;
}

test("without the optional packages and Deno, each remedy installs what is missing", async () => {
	await using project = await newProject();
	const installed = join(project.machine, "installed");
	cpSync(dirname(dirname(PROGRAM)), installed, { recursive: true, dereference: true });
	const program = join(installed, "bin", "run.js");
	const { devDependencies: _, ...manifest } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
	const { dependencies, optionalDependencies } = manifest;
	// The registry has none of the packages for development, which npm would look up and not install.
	writeFileSync(join(installed, "package.json"), JSON.stringify(manifest));
	const names = ["deno", ...Object.keys({ ...dependencies, ...optionalDependencies })];
	await using registry = await startNpmRegistry(published(names));
	// A PATH with Coffer, Node, npm and git, and with the folder of npm's global packages.
	const bin = join(project.machine, "bin");
	mkdirSync(bin);
	symlinkSync(program, join(bin, "coffer"));
	for (const name of ["node", "npm", "git", "sh", "env"])
		symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), join(bin, name));
	const prefix = join(project.machine, "npm");
	Object.assign(project.variables, {
		npm_config_registry: registry.url,
		npm_config_prefix: prefix,
		npm_config_audit: "false",
		npm_config_update_notifier: "false",
		PATH: `${join(prefix, "bin")}:${bin}`,
	});
	const examined = async () =>
		JSON.parse((await project.start(["doctor", "--json"], { program }).ended).stdout);
	const found = await examined();
	expect(remedyOf(found, "packages")).toContain(`npm install --prefix ${installed} `);
	expect(remedyOf(found, "deno")).toBe("npm install --global deno");
	await mended(project, found, "packages");
	const after = await mended(project, await examined(), "deno");
	expect(textsOf(after, "packages")).toEqual([expect.stringMatching(/^ok /)]);
});
