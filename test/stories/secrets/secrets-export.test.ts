/** `secrets export`, with the real program: what it asks, which files it writes, and where no value appears. */
import { chmodSync, existsSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { filesBelow } from "../../support/files-below.ts";
import { formsOf } from "../../support/values/forms.ts";
import { newProject, type Project } from "../support/project.ts";

const CANARY = "cAnary+export/1 é&xyzzy-0001";
let ana: Project;

beforeAll(async () => {
	ana = await newProject();
	await ana.ok(["secrets", "set", `API_KEY=${CANARY}`, "API_ID=7", "PLAIN=p"]);
	await ana.git("init", "--quiet");
});
afterAll(() => ana?.[Symbol.asyncDispose]());

const hits = (text: string | Buffer) => formsOf(CANARY).filter((form) => Buffer.from(text).includes(form));
const out = (...more: string[]) => ["secrets", "export", ...more];

test("without a terminal, values are printed only with --reveal", async () => {
	const refused = await ana.coffer(out());
	expect(refused.status).toBe(2);
	expect(refused.stderr).toContain("--reveal");
	expect(hits(refused.stdout + refused.stderr)).toEqual([]);
	const shown = await ana.coffer(out("API_*", "--reveal"));
	expect([shown.status, shown.stderr]).toEqual([0, ""]);
	expect(shown.stdout).toBe(`API_ID=7\nAPI_KEY='${CANARY}'\n`);
	const data = await ana.data(out("PLAIN", "--format", "json", "--reveal"));
	expect(data).toEqual({
		environment: "production",
		format: "json",
		names: ["PLAIN"],
		file: null,
		text: '{\n  "PLAIN": "p"\n}\n',
	});
});

test("a file is new, is its owner's alone, and neither an output nor another file has a value", async () => {
	const file = join(ana.machine, "out.env");
	const written = await ana.coffer(out("--output", file));
	expect([written.status, written.stderr]).toEqual([0, ""]);
	expect(hits(written.stdout)).toEqual([]);
	expect(statSync(file).mode & 0o777).toBe(0o600);
	expect(ana.read("../out.env")).toBe(`API_ID=7\nAPI_KEY='${CANARY}'\nPLAIN=p\n`);
	expect((await ana.coffer(out("--output", file, "--json"))).error()).toMatchObject({
		code: "EXPORT_EXISTS",
		exit: 5,
	});
	chmodSync(file, 0o644);
	// As an export that was killed before the rename leaves it.
	ana.write("../.out.env.AAAAAAAAAAAA.tmp", `API_KEY='${CANARY}'\n`);
	await ana.ok(out("PLAIN", "--force", "--output", file, "--format", "json"));
	expect(JSON.parse(ana.read("../out.env"))).toEqual({ PLAIN: "p" });
	expect(statSync(file).mode & 0o777).toBe(0o600);
	const link = join(ana.machine, "link");
	symlinkSync(file, link);
	expect((await ana.coffer(out("--force", "--output", link, "--json"))).error().code).toBe("FILE_UNWRITABLE");
	const left = filesBelow(ana.machine).filter(({ bytes }) => hits(bytes).length > 0);
	expect(left.map(({ path }) => path)).toEqual([]);
});

test("a file that git would commit is refused, and an ignored one is written", async () => {
	const refused = await ana.coffer(out("--output", ".env.local", "--json"));
	expect(refused.error()).toMatchObject({ code: "EXPORT_IN_REPOSITORY", exit: 2 });
	expect(existsSync(join(ana.root, ".env.local"))).toBe(false);
	ana.write("tracked.env", "");
	await ana.git("add", "tracked.env");
	expect((await ana.coffer(out("--force", "--output", "tracked.env", "--json"))).error().message).toContain(
		"git tracks it",
	);
	ana.write(".gitignore", ".env.local\n");
	await ana.ok(out("PLAIN", "--output", ".env.local"));
	expect(ana.read(".env.local")).toBe("PLAIN=p\n");
});

test("text that is run needs --allow-unsafe for unsafe names, and other text does not", async () => {
	await using other = await newProject();
	await other.ok(["secrets", "set", "PYTHONPATH=/x", "A=1"]);
	for (const format of ["shell", "github"]) {
		const refused = (await other.coffer(out("--format", format, "--reveal", "--json"))).error();
		expect(refused).toMatchObject({ code: "NAME_UNSAFE", exit: 2 });
		expect(refused.hint).toContain("coffer secrets export --allow-unsafe PYTHONPATH");
	}
	const allowed = out("--format", "shell", "--reveal", "--allow-unsafe", "PYTHONPATH");
	expect((await other.ok(allowed)).stdout).toBe("export A='1'\nexport PYTHONPATH='/x'\n");
	expect((await other.ok(out("--format", "yaml", "--reveal"))).stdout).toBe('"A": "1"\n"PYTHONPATH": "/x"\n');
});

test("a value that a format cannot carry is named, and nothing is written", async () => {
	await using other = await newProject();
	await other.ok(["secrets", "set", "LINES=a\nb", "A=1"]);
	const file = join(other.machine, "out");
	const refused = await other.coffer(out("--format", "docker", "--output", file, "--json"));
	expect(refused.error()).toMatchObject({ code: "NOT_EXPORTABLE", exit: 2, names: ["LINES"] });
	expect(existsSync(file)).toBe(false);
	const named = out("--format", "k8s", "--name", "shop", "--namespace", "live", "--reveal");
	expect((await other.ok(named)).stdout).toContain('  name: "shop"\n  namespace: "live"\n');
});
