/**
 * `secrets set` and `secrets get` in vaults of three sizes, with the identity in a real keychain, and `secrets set` in a
 * project that is linked with a platform, which syncs too.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withSecretService } from "../../test/support/services/secret-service.ts";
import {
	type Bench,
	type BenchContext,
	bareNode,
	paired,
	type Row,
	ratioRow,
	type Timed,
	timeProcess,
} from "../harness.ts";
import { startPlatform } from "../platform/running-platform.ts";

/** Each size with its maximum ratio: the first is compared with `node -e 0`, the others with the first. */
const SIZES = [
	{ secrets: 10, ratioMax: 3, linkedRatioMax: 1 },
	{ secrets: 1_000, ratioMax: 1.5, linkedRatioMax: 1.5 },
	{ secrets: 10_000, ratioMax: 1.3, linkedRatioMax: 1.3 },
] as const;
const SMOKE_SECRETS = 20;

/** The sizes beside the smallest. The short form has one. */
const largerSizes = (context: BenchContext) => {
	const [, ...larger] = SIZES;
	return context.smoke ? larger.slice(0, 1).map((size) => ({ ...size, secrets: SMOKE_SECRETS })) : larger;
};

/** Runs `coffer` in one project. Returns the time. */
type Coffer = (...args: string[]) => Promise<number>;

/** @param url the platform to link the project with; undefined for none */
async function makeProject(
	context: BenchContext,
	secrets: number,
	env: NodeJS.ProcessEnv,
	url?: string,
): Promise<Coffer> {
	const cwd = join(context.folder, `project-${secrets}${url === undefined ? "" : "-linked"}`);
	await mkdir(cwd);
	const script = context.program;
	const coffer: Coffer = (...args) =>
		timeProcess({ command: process.execPath, args: [script, ...args], cwd, env });
	await coffer("init");
	const lines = Array.from({ length: secrets }, (_, index) => `SECRET_${index}=value-${index}`);
	const file = join(context.folder, `${secrets}.env`);
	await writeFile(file, lines.join("\n"));
	await coffer("secrets", "set", "--env-file", file, "--no-sync");
	if (url !== undefined) await coffer("link", url, "--app", `bench-${secrets}`);
	return coffer;
}

/** The timed commands in a project. */
const SUBJECTS: readonly { name: string; timed: (coffer: Coffer) => Timed }[] = [
	{
		name: "secrets set --no-sync",
		timed: (coffer) => (pair) => coffer("secrets", "set", `SECRET_5=${pair}`, "--no-sync"),
	},
	{ name: "secrets get", timed: (coffer) => () => coffer("secrets", "get", "SECRET_5") },
];

async function measure(context: BenchContext, env: NodeJS.ProcessEnv): Promise<Row[]> {
	const rows: Row[] = [];
	const [smallest] = SIZES;
	const small = await makeProject(context, smallest.secrets, env);
	for (const { name, timed } of SUBJECTS) {
		const result = await paired(timed(small), bareNode, context.pairs(21));
		rows.push(ratioRow(`${name}, ${smallest.secrets} secrets`, "node -e 0", smallest.ratioMax, result));
	}
	for (const { secrets, ratioMax } of largerSizes(context)) {
		const coffer = await makeProject(context, secrets, env);
		for (const { name, timed } of SUBJECTS) {
			const result = await paired(timed(coffer), timed(small), context.pairs(11));
			const figure = `${name}, ${secrets.toLocaleString("en")} secrets`;
			rows.push(ratioRow(figure, `with ${smallest.secrets}`, ratioMax, result));
		}
	}
	return [...rows, ...(await measureLinked(context, env))];
}

/** Compares each size with the smallest one, in projects that are linked with one platform. */
async function measureLinked(context: BenchContext, env: NodeJS.ProcessEnv): Promise<Row[]> {
	await using platform = await startPlatform(context);
	const { control, token } = platform;
	const linkedEnv = { ...env, COFFER_TOKEN: token, COFFER_ORIGIN: control };
	const timed =
		(coffer: Coffer): Timed =>
		(pair) =>
			coffer("secrets", "set", `SECRET_5=${pair}`);
	const [smallest] = SIZES;
	const small = timed(await makeProject(context, smallest.secrets, linkedEnv, control));
	const rows: Row[] = [];
	for (const { secrets, linkedRatioMax } of largerSizes(context)) {
		const large = timed(await makeProject(context, secrets, linkedEnv, control));
		const result = await paired(large, small, context.pairs(11));
		const figure = `secrets set, linked, ${secrets.toLocaleString("en")} secrets`;
		rows.push(ratioRow(figure, `with ${smallest.secrets}`, linkedRatioMax, result));
	}
	return rows;
}

export const bench: Bench = {
	name: "secrets in vaults of three sizes",
	async run(context) {
		const service = await withSecretService();
		const { COFFER_IDENTITY, COFFER_IDENTITY_FILE, ...inherited } = process.env;
		try {
			return await measure(context, {
				...inherited,
				...service.env,
				XDG_STATE_HOME: join(context.folder, "state"),
			});
		} finally {
			await service.close();
		}
	},
};
