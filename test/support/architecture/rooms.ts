/** Rules about the folders within a part of `src/` (*rooms*): their size, and which may import which. */
import { importsThat, type Rule } from "./rule.ts";

const FILES_MAX = 15;

/**
 * For each part that is divided into rooms: each room with the rooms of the same part that it may import. The
 * files beside the rooms assemble the part. They may import every room, and no room imports them. A folder
 * within a room belongs to that room.
 */
const ROOMS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
	"src/vault": {
		syntax: [],
		chains: ["syntax"],
		records: ["chains", "syntax"],
		document: ["records", "chains", "syntax"],
		requests: ["document", "chains", "syntax"],
		notes: ["records", "chains", "syntax"],
		merge: ["document", "records", "chains", "syntax"],
		undo: ["document", "records", "chains", "syntax"],
	},
	"src/references": {
		evidence: [],
		plan: ["evidence"],
		bundle: [],
		engine: ["bundle"],
		exceptions: ["engine", "bundle"],
		environment: ["exceptions", "engine", "bundle", "evidence"],
		models: ["environment", "exceptions", "engine", "bundle"],
		backward: ["models", "environment", "engine", "bundle"],
		"call-graph": ["models", "environment", "engine", "bundle"],
		forward: ["models", "environment", "engine", "bundle"],
		direct: ["environment", "engine", "bundle"],
	},
	"src/console": {
		data: [],
		text: ["data"],
		shell: ["text", "data"],
		plots: ["shell", "text", "data"],
		map: ["shell", "text", "data"],
		functions: ["plots", "shell", "text", "data"],
		secrets: ["map", "shell", "text", "data"],
		platform: ["shell", "text", "data"],
	},
	"src/project": {
		files: [],
		functions: ["files"],
		git: ["files"],
		memory: ["files"],
		session: ["memory", "files"],
		verify: ["session", "memory", "files"],
		secrets: ["session", "git", "files"],
		requests: ["files"],
		notes: ["secrets", "session", "files"],
		members: ["secrets", "session", "memory", "files"],
		plaintext: ["session", "git", "files"],
		undo: ["verify", "session", "memory", "git", "files"],
	},
	"src/sync": {
		client: [],
		logs: ["client"],
		log: ["client"],
		changes: ["log", "client"],
		deploy: ["client"],
		link: ["changes", "log", "client"],
		watching: ["changes", "deploy", "client"],
	},
	"src/cli": {
		"hidden-input": [],
		browser: [],
		shell: ["hidden-input"],
		"chosen-environment": ["shell"],
		"command-words": ["shell"],
		completion: ["command-words"],
		graph: ["shell"],
		logs: ["views", "shell"],
		plaintext: ["shell"],
		declarations: [],
		export: ["plaintext"],
		injection: ["views", "shell"],
		context: ["plaintext", "shell"],
		views: ["context", "shell"],
		apps: ["wait", "views", "context", "shell"],
		deploy: ["context", "shell"],
		dev: ["views", "context", "shell"],
		membership: ["views", "context", "shell"],
		wait: ["views", "shell"],
		sides: ["context", "shell"],
		targets: ["sides", "views", "context", "shell"],
		requests: ["context", "shell"],
		notes: ["context", "shell"],
		editor: ["views", "context", "shell"],
		edits: ["requests", "targets", "sides", "wait", "views", "context", "shell"],
		base44: ["edits", "shell"],
		imports: ["edits", "shell"],
		undo: ["edits", "context", "shell"],
		doctor: ["undo", "completion", "plaintext", "context", "shell"],
	},
	"src/platform": {
		functions: [],
		faults: [],
		configuration: [],
		machine: ["functions"],
		threads: ["machine"],
		store: ["configuration", "threads", "machine"],
		events: ["store", "functions"],
		tokens: ["events", "store", "machine"],
		console: ["tokens", "store", "machine"],
		limits: ["machine"],
		egress: ["machine"],
		logs: ["functions", "machine"],
		http: ["faults"],
		kv: ["store"],
		channel: ["faults"],
		runtime: ["egress", "limits", "logs", "faults", "functions", "machine"],
		build: ["threads", "configuration", "functions", "machine"],
		gateway: ["runtime", "http", "faults", "configuration"],
		"data-plane": [
			"machine",
			...["channel", "gateway", "http", "kv", "runtime", "logs", "faults", "functions"],
			"configuration",
		],
		apps: ["build", "tokens", "events", "store", "functions", "machine"],
		telemetry: ["gateway", "apps", "runtime", "logs", "functions", "machine"],
		redeploy: [
			"telemetry",
			"kv",
			"apps",
			"runtime",
			"logs",
			"events",
			"store",
			"faults",
			"functions",
			"machine",
		],
		nodes: ["redeploy", "apps", "tokens", "events", "store", "faults", "machine"],
		schedule: [
			"telemetry",
			"gateway",
			"apps",
			"runtime",
			"logs",
			"events",
			"store",
			"faults",
			"functions",
			"machine",
		],
		backup: ["kv", "apps", "events", "store", "configuration", "functions"],
		service: [
			...[
				"nodes",
				"redeploy",
				"schedule",
				"telemetry",
				"build",
				"apps",
				"runtime",
				"tokens",
				"store",
				"logs",
			],
			...["configuration", "faults", "functions", "kv", "machine"],
		],
		api: [
			...["service", "nodes", "schedule", "redeploy", "apps", "http", "logs", "tokens", "threads", "store"],
			...["configuration", "console", "faults", "functions", "telemetry"],
		],
	},
};

interface Room {
	readonly part: string;
	/** Empty for a file beside the rooms. */
	readonly room: string;
}

/** The room of a file; undefined if its part has no rooms. */
function roomOf(path: string): Room | undefined {
	const part = Object.keys(ROOMS).find((folder) => path.startsWith(`${folder}/`));
	if (part === undefined) return undefined;
	const segments = path.slice(part.length + 1).split("/");
	return { part, room: segments.slice(0, -1)[0] ?? "" };
}

function directionFault(path: string, target: string): string | undefined {
	const [from, to] = [roomOf(path), roomOf(target)];
	if (from === undefined || to === undefined || from.part !== to.part) return undefined;
	if (from.room === "" || from.room === to.room) return undefined;
	const where = to.room === "" ? `the front of ${to.part}` : to.room;
	return ROOMS[from.part]?.[from.room]?.includes(to.room) ? undefined : `${from.room} imports ${where}`;
}

const directions: Rule = {
	name: "rooms of one part import one another in one direction",
	check: (sources) => [
		...importsThat(sources, (_, target, { path }) =>
			target === undefined ? undefined : directionFault(path, target),
		),
		...sources.flatMap(({ path }) => {
			const found = roomOf(path);
			const isKnown = found === undefined || found.room === "" || found.room in (ROOMS[found.part] ?? {});
			return isKnown ? [] : [{ path, line: 1, what: "belongs to no known room" }];
		}),
	],
	planted: [
		{ "src/references/models/arrays.ts": 'import { a } from "../backward/evaluate.ts";' },
		{ "src/references/backward/evaluate.ts": 'import type { A } from "../forward/propagate.ts";' },
		{ "src/references/bundle/scopes.ts": 'export { a } from "../engine/values.ts";' },
		{ "src/references/plan/plan.ts": 'import { a } from "../bundle/syntax.ts";' },
		{ "src/references/engine/solver.ts": 'import { a } from "../analyze.ts";' },
		{ "src/references/elsewhere/a.ts": "" },
	],
	innocent: [
		{ "src/references/analyze.ts": 'import { a } from "./forward/propagate.ts";' },
		{
			"src/references/backward/evaluate.ts": 'import { a } from "../models/strings.ts"; import "./keys.ts";',
		},
		{ "src/sync/plan.ts": 'import { plan } from "../references/plan/plan.ts";' },
	],
};

function filesIn(folder: string, count: number): Record<string, string> {
	return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/f${index}.ts`, ""]));
}

const sizes: Rule = {
	name: `a folder has at most ${FILES_MAX} files`,
	check: (sources) => {
		const counts = new Map<string, number>();
		for (const { path } of sources) {
			if (!/^(src|bench|scripts|test(?!\/vectors\/cases))\//.test(path)) continue;
			const folder = path.slice(0, path.lastIndexOf("/"));
			counts.set(folder, (counts.get(folder) ?? 0) + 1);
		}
		return [...counts]
			.filter(([, count]) => count > FILES_MAX)
			.map(([path, count]) => ({ path, line: 1, what: `${count} files` }));
	},
	planted: [
		filesIn("src/references/models", FILES_MAX + 1),
		filesIn("src", FILES_MAX + 1),
		filesIn("bench/cli", FILES_MAX + 1),
		filesIn("test/platform/gateway", FILES_MAX + 1),
	],
	innocent: [filesIn("src/references/models", FILES_MAX)],
};

export const ROOM_RULES: readonly Rule[] = [directions, sizes];
