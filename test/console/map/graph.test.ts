import { describe, expect, test } from "vitest";
import {
	edgesOf,
	type FunctionEntry,
	graphOf,
	nodesOf,
	type SecretEntry,
} from "../../../src/console/map/graph.ts";
import { layoutOf, nodeAt, pointOf } from "../../../src/console/map/layout.ts";
import { countMarks, edgeText, nodeStateText, reasonText } from "../../../src/console/map/marks.ts";
import { fitted, pictureTransform, revealing, toMap, zoomed } from "../../../src/console/map/picture/view.ts";

type How = FunctionEntry["references"][number]["how"];

/** @param names of references; `NAME@how` for another kind than `static` */
function functionOf(
	name: string,
	names: readonly string[],
	more: Partial<FunctionEntry> = {},
): FunctionEntry {
	const references = names.map((text) => {
		const [reference = "", how = "static"] = text.split("@");
		return { name: reference, file: `functions/${name}/index.ts`, line: 3, how: how as How };
	});
	return { ...{ name, url: "", state: "live", pid: 1, deployment: "d1", dynamic: [] }, references, ...more };
}

const secretOf = (name: string, kind: SecretEntry["kind"] = "live"): SecretEntry => ({
	...{ name, kind, origin: "vault", version: 1, revision: 1, by: "writer", atMs: null },
});

/** Each edge as `function → SECRET (how)`. */
function edgesText(
	functions: readonly FunctionEntry[],
	secrets: readonly SecretEntry[] | undefined,
): string[] {
	const graph = graphOf(functions, secrets);
	return graph.edges.map(
		(edge) => `${graph.functions[edge.function]?.name} → ${graph.secrets[edge.secret]?.name} (${edge.how})`,
	);
}

describe("edges", () => {
	test("lead from a function to each secret that it refers to, once, with all reasons", () => {
		const functions = [functionOf("pay", ["KEY", "KEY@observed", "URL@declared"])];
		expect(edgesText(functions, [secretOf("KEY"), secretOf("URL")])).toEqual([
			"pay → KEY (static)",
			"pay → URL (declared)",
		]);
		const [edge] = graphOf(functions, [secretOf("KEY")]).edges;
		expect(edge && edgeText(edge)).toBe(
			"functions/pay/index.ts:3, found in the code; functions/pay/index.ts:3, observed at run time",
		);
	});

	test("of a prefix lead to every stored secret with it, and to the prefix itself if there is none", () => {
		const secrets = [secretOf("MAIL_KEY"), secretOf("MAIL_URL"), secretOf("PAY_KEY")];
		expect(edgesText([functionOf("mail", ["MAIL_*"])], secrets)).toEqual([
			"mail → MAIL_KEY (prefix)",
			"mail → MAIL_URL (prefix)",
		]);
		expect(edgesText([functionOf("mail", ["SMS_*"])], secrets)).toEqual(["mail → SMS_* (prefix)"]);
	});

	test("do not lead to what the settings of a function exclude", () => {
		const functions = [functionOf("pay", ["TEST_KEY", "KEY"], { excluded: ["TEST_*"] })];
		expect(edgesText(functions, [secretOf("TEST_KEY"), secretOf("KEY")])).toEqual(["pay → KEY (static)"]);
	});

	test("belong to both of their ends", () => {
		const graph = graphOf(
			[functionOf("a", ["X", "Y"]), functionOf("b", ["Y"])],
			[secretOf("X"), secretOf("Y")],
		);
		expect(nodesOf(graph).map((node) => [node.name, edgesOf(graph, node).length])).toEqual([
			["a", 2],
			["b", 1],
			["X", 1],
			["Y", 2],
		]);
	});
});

describe("what is remarkable", () => {
	const functions = [
		functionOf("pay", ["KEY", "GONE", "OLD"]),
		functionOf("any", [], { dynamic: [{ file: "a.ts", line: 1, why: "reads all" }] }),
		functionOf("bad", [], { state: "failed" }),
	];
	const secrets = [secretOf("KEY"), secretOf("IDLE"), secretOf("OLD", "deleted")];

	test("is counted: names that are not stored, deleted ones too, secrets without readers, functions that read all", () => {
		expect(countMarks(graphOf(functions, secrets), new Map())).toEqual({
			...{ missing: 2, unread: 1, dynamic: 1, pending: 0, failed: 1 },
		});
	});

	test("is not what packages can do without: such names are not counted as missing", () => {
		const read = (name: string, file: string, how: How = "static") => ({ name, file, line: 1, how });
		const references = [
			read("DEBUG", "npm:debug@2.6.9/src/node.js"),
			read("PORT", "npm:express@4.22.3/index.js"),
			read("PORT", "functions/pay/index.ts"),
			read("NODE_ENV", "functions/pay/index.ts"),
			read("TMPDIR", "", "observed"),
		];
		const graph = graphOf([functionOf("pay", [], { references })], []);
		expect(countMarks(graph, new Map())).toMatchObject({ missing: 1 });
		const texts = graph.secrets.map((node) => `${node.name} ${node.presence}`);
		expect(texts).toEqual(["DEBUG optional", "PORT missing", "NODE_ENV optional", "TMPDIR optional"]);
	});

	test("is not guessed if it is unknown which secrets are stored", () => {
		const graph = graphOf(functions, undefined);
		expect(countMarks(graph, new Map())).toMatchObject({ missing: 0, unread: 0 });
		expect(graph.secrets.map(({ presence }) => presence)).toEqual(["unknown", "unknown", "unknown"]);
	});

	test("follows a change: pending while it is planned and starting, and failed with it", () => {
		const graph = graphOf(functions, secrets);
		const count = (phase: "planned" | "starting" | "failed" | "serving") =>
			countMarks(graph, new Map([["pay", { phase, atMs: 1 }]]));
		expect(count("planned")).toMatchObject({ pending: 1, failed: 1 });
		expect(count("starting")).toMatchObject({ pending: 1, failed: 1 });
		expect(count("failed")).toMatchObject({ pending: 0, failed: 2 });
		expect(count("serving")).toMatchObject({ pending: 0, failed: 1 });
	});

	test("is a failed start of an earlier visit too, until something newer happens to the function", () => {
		const graph = graphOf([functionOf("pay", [], { error: "no key" })], []);
		const [node] = nodesOf(graph);
		if (node === undefined) throw new Error("There is no node.");
		expect(nodeStateText(node, new Map())).toBe("running, last start failed");
		expect(countMarks(graph, new Map()).failed).toBe(1);
		const serving = new Map([["pay", { phase: "serving" as const, atMs: 1 }]]);
		expect(countMarks(graph, serving).failed).toBe(0);
	});

	test("is said in words", () => {
		const graph = graphOf(functions, secrets);
		expect(nodesOf(graph).map((node) => nodeStateText(node, new Map()))).toEqual([
			...["running", "running, may read any secret", "failed"],
			...["", "no function reads it", "not in the vault", "not in the vault"],
		]);
		expect(reasonText({ how: "observed", file: "", line: 0 })).toBe("observed at run time");
		expect(reasonText({ how: "prefix", file: "a.ts", line: 2, prefix: "MAIL_*" })).toBe(
			"a.ts:2, reads every name that begins with MAIL_",
		);
	});
});

describe("the layout", () => {
	/** A graph in which each function reads a few secrets near its own number. */
	function large(functions: number, secrets: number) {
		const entries = Array.from({ length: functions }, (_, index) => {
			const at = Math.floor((index * secrets) / functions);
			return functionOf(
				`f${index}`,
				[0, 1, 2, 9].map((step) => `S${(at + step) % secrets}`),
			);
		});
		return graphOf(
			entries,
			Array.from({ length: secrets }, (_, index) => secretOf(`S${index}`)),
		);
	}

	test("of 2,000 nodes gives each its own place, and takes less than a second", () => {
		const graph = large(800, 1_200);
		const before = performance.now();
		const layout = layoutOf(graph);
		expect(performance.now() - before).toBeLessThan(1_000);
		const places = [...layout.functions, ...layout.secrets].map(({ x, y }) => `${x} ${y}`);
		expect(new Set(places).size).toBe(2_000);
		expect(layout.height / layout.width).toBeGreaterThan(0.4);
		expect(layout.height / layout.width).toBeLessThan(1.6);
	});

	test("puts neighbours near each other: edges are much flatter than by chance", () => {
		const graph = large(300, 500);
		const layout = layoutOf(graph);
		const mean = (pairs: readonly (readonly [number, number])[]) =>
			pairs.reduce((sum, [one, other]) => {
				const [a, b] = [layout.functions[one]?.y ?? 0, layout.secrets[other]?.y ?? 0];
				return sum + Math.abs(a - b);
			}, 0) / pairs.length;
		const own = graph.edges.map((edge) => [edge.function, edge.secret] as const);
		const others = own.map(([one], index) => [one, (index * 7919) % 500] as const);
		expect(mean(own)).toBeLessThan(mean(others) / 2);
	});

	test("finds the node at each of its points, and none between them", () => {
		const graph = large(30, 40);
		const layout = layoutOf(graph);
		for (const node of nodesOf(graph)) {
			const point = pointOf(node, graph, layout);
			expect(point && nodeAt(point, graph, layout)?.id).toBe(node.id);
		}
		expect(nodeAt({ x: -500, y: 0 }, graph, layout)).toBeUndefined();
	});

	test("of nothing is empty", () => {
		expect(layoutOf(graphOf([], []))).toMatchObject({ functions: [], secrets: [] });
	});
});

describe("the view", () => {
	const screen = { width: 800, height: 600 };

	test("shows the whole map at first", () => {
		const view = fitted({ width: 4_000, height: 1_000 }, screen);
		expect(toMap(view, { x: 0, y: 0 }).x).toBeLessThanOrEqual(0);
		expect(toMap(view, { x: 800, y: 600 }).x).toBeGreaterThanOrEqual(4_000);
		expect(toMap(view, { x: 0, y: 600 }).y).toBeGreaterThanOrEqual(1_000);
	});

	test("keeps the point below the pointer when it zooms", () => {
		const view = { scale: 0.5, x: 30, y: -20 };
		const at = { x: 200, y: 100 };
		const after = zoomed(view, 1.7, at);
		expect(toMap(after, at).x).toBeCloseTo(toMap(view, at).x);
		expect(toMap(after, at).y).toBeCloseTo(toMap(view, at).y);
		expect(zoomed(view, 1e9, at).scale).toBeLessThanOrEqual(3);
	});

	test("moves to a node that is out of sight, and not for one in sight", () => {
		const view = { scale: 1, x: 0, y: 0 };
		expect(revealing(view, { x: 400, y: 300 }, screen)).toBe(view);
		const moved = revealing(view, { x: 5_000, y: 300 }, screen);
		expect(moved.x).toBe(400 - 5_000);
	});

	test("shows the picture of another view where its points are now", () => {
		const [drawn, shown] = [
			{ scale: 0.5, x: 10, y: 20 },
			{ scale: 1, x: -40, y: 5 },
		];
		expect(pictureTransform(drawn, shown)).toBe("matrix(2, 0, 0, 2, -60, -35)");
		expect(pictureTransform(drawn, drawn)).toBe("matrix(1, 0, 0, 1, 0, 0)");
	});
});
