/** The routes of the gateways: a snapshot and its changes give every copy the same content. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	type RoutedFunction,
	RoutePublisher,
} from "../../../src/platform/data-plane/client/route-publisher.ts";
import { type FunctionRoute, type RouteChange, Routes } from "../../../src/platform/data-plane/routes.ts";

const route = (firstDeployment: string, id?: string): FunctionRoute => ({
	firstDeployment,
	settings: {},
	...(id && { instance: { id, deployment: "d1", socketPath: `/s/${id}`, isOnProbation: false } }),
});

/** Everything in a copy, as JSON would carry it. */
const contentOf = (routes: Routes) => JSON.parse(JSON.stringify(routes.snapshot().changes)) as unknown;

test("a change follows the version before it, and a gap is an error that changes nothing", () => {
	const routes = new Routes();
	routes.apply({ version: 7, isSnapshot: true, changes: [{ app: "shop", functions: { pay: route("d1") } }] });
	routes.apply({ version: 8, isSnapshot: false, changes: [{ app: "shop", function: "pay", route: null }] });
	const changes: RouteChange[] = [{ app: "shop", function: "mail", route: route("d2") }];
	expect(() => routes.apply({ version: 10, isSnapshot: false, changes })).toThrow("version 8");
	expect(routes.find("shop")?.size).toBe(0);
	expect(routes.find("other")).toBeUndefined();
	routes.apply({ version: 3, isSnapshot: true, changes: [] });
	expect(routes.find("shop")).toBeUndefined();
});

test("a snapshot leaves out instances that do not run any more, and keeps their functions", () => {
	const routes = new Routes();
	const functions = { pay: route("d1", "i1"), mail: route("d2", "i2") };
	routes.apply({ version: 1, isSnapshot: true, changes: [{ app: "shop", functions }] });
	const [change] = routes.snapshot((id) => id === "i2").changes;
	expect(change).toEqual({ app: "shop", functions: { pay: route("d1"), mail: route("d2", "i2") } });
});

test("a function may have the name of a property that every object has", () => {
	const routes = new Routes();
	const functions = Object.fromEntries([
		["__proto__", route("d1")],
		["constructor", route("d2")],
	]);
	const update = { version: 1, isSnapshot: true, changes: [{ app: "__proto__", functions }] };
	routes.apply(JSON.parse(JSON.stringify(update)));
	expect([...(routes.find("__proto__")?.keys() ?? [])]).toEqual(["__proto__", "constructor"]);
	expect(routes.find("toString")).toBeUndefined();
});

/** Apps, their functions, and the settings of each. */
const worlds = fc.array(
	fc.dictionary(
		fc.constantFrom("a", "b", "c"),
		fc.dictionary(
			fc.constantFrom("f", "g", "h"),
			fc.record({ first: fc.constantFrom("d1", "d2"), mb: fc.nat(2) }),
		),
	),
	{ minLength: 1, maxLength: 8 },
);

test("after any changes, a copy that followed them is equal to one that begins with a snapshot", async () => {
	await fc.assert(
		fc.asyncProperty(worlds, async (steps) => {
			let world = steps[0] ?? {};
			const routedOf = (app: string): [string, RoutedFunction][] | undefined =>
				world[app] &&
				Object.entries(world[app]).map(([name, { first, mb }]) => [
					name,
					{ firstDeployment: first, settings: { maxBodyMB: mb }, instance: undefined },
				]);
			const copy = new Routes();
			let version = 1;
			const hosts = () =>
				new Map(Object.keys(world).map((app) => [Object.keys(world[app] ?? {})[0] ?? "f", app]));
			const source = { apps: () => Object.keys(world), functionsOf: routedOf, hosts };
			const follow = async (changes: readonly RouteChange[]) => {
				if (changes.length > 0) copy.apply({ version: ++version, isSnapshot: false, changes });
			};
			const publisher = new RoutePublisher({ route: follow }, source);
			copy.apply({ version, isSnapshot: true, changes: publisher.snapshot() });
			for (const step of steps.slice(1)) {
				world = step;
				for (const app of ["a", "b", "c"]) await publisher.changed(app);
				await publisher.hostsChanged();
			}
			const fresh = new Routes();
			fresh.apply({ version: 1, isSnapshot: true, changes: publisher.snapshot() });
			const sorted = (routes: Routes) =>
				(contentOf(routes) as { app: string; functions?: object; host?: string }[])
					.map(({ app, functions = {}, host }) => [app, Object.entries(functions).sort(), host])
					.sort();
			expect(sorted(copy)).toEqual(sorted(fresh));
		}),
	);
});

test("a change that concerns no route sends nothing", async () => {
	const sent: (readonly RouteChange[])[] = [];
	const publisher = new RoutePublisher(
		{ route: async (changes) => void sent.push(changes) },
		{
			apps: () => ["shop"],
			functionsOf: () => [["pay", { firstDeployment: "d1", settings: {}, instance: undefined }]],
			hosts: () => new Map([["shop.example", "shop"]]),
		},
	);
	publisher.snapshot();
	await publisher.changed("shop");
	await publisher.hostsChanged();
	expect(sent).toEqual([[], []]);
});
