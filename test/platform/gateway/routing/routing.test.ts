import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchRoute, withName } from "../../../../src/platform/gateway/routing.ts";

const APPS: Record<string, string[]> = {
	shop: ["pay", "api", "api/billing", "api/billing/v2", "a-b_c"],
	blog: ["pay"],
};
const functionsOf = (app: string) => (Object.hasOwn(APPS, app) ? new Set(APPS[app]) : undefined);
const match = (target: string) => matchRoute(target, functionsOf);

describe("the function with the longest matching name gets the request", () => {
	test.each([
		["/shop/pay", "pay", "/"],
		["/shop/pay/", "pay", "/"],
		["/shop/pay?x=1", "pay", "/?x=1"],
		["/shop/pay/?x=/../y", "pay", "/?x=/../y"],
		["/shop/api", "api", "/"],
		["/shop/api/invoices", "api", "/invoices"],
		["/shop/api/billing", "api/billing", "/"],
		["/shop/api/billing/v2/x/y?z", "api/billing/v2", "/x/y?z"],
		["/shop/api/billing/v3", "api/billing", "/v3"],
		["/shop/api/billingx", "api", "/billingx"],
		["/shop/%70ay/x", "pay", "/x"],
		["/shop/pay//x", "pay", "//x"],
		["/shop/pay/a%2Fb/%zz/é", "pay", "/a%2Fb/%zz/é"],
		["http://evil.example/shop/pay/x?y", "pay", "/x?y"],
		["HTTP://evil.example:80/shop/pay", "pay", "/"],
		["/shop/a-b_c/x", "a-b_c", "/x"],
	])("%s is %s with %s", (target, name, rest) => {
		const expected = { app: "shop", function: name, prefix: `/shop/${name}`, target: rest };
		expect(match(target)).toEqual({ route: expected });
	});
});

test.each([
	["/pay", "pay", "/"],
	["/api/billing/x?y", "api/billing", "/x?y"],
	["/%70ay/x", "pay", "/x"],
])("with a single app, the path begins with the function's name: %s", (target, name, rest) => {
	const route = { app: "shop", function: name, prefix: `/${name}`, target: rest };
	expect(matchRoute(target, functionsOf, "shop")).toEqual({ route });
});

test.each(["/", "/shop/pay", "//pay", "/payx", "/../pay"])(
	"with a single app, no function matches %s",
	(target) => {
		expect(matchRoute(target, functionsOf, "shop").route).toBeUndefined();
	},
);

describe("no function matches", () => {
	test.each([
		"/",
		"/shop",
		"/shop/",
		"//shop/pay",
		"/shop//pay",
		"/shop/payx",
		"/nobody/pay",
		"/blog/api",
		"/SHOP/pay",
		"/shop/Pay",
		"/shop/api%2Fbilling2",
		"/shop%2Fpay",
		"/shop/%2Fpay",
		"/shop\\pay",
		"/shop/%",
		"/%zz/pay",
		"/__proto__/pay",
		"/constructor/x",
		"/shop/toString",
		"/?/shop/pay",
		"/shop?/pay",
		"http://shop/pay",
	])("%s", (target) => {
		expect(match(target)).toMatchObject({ route: undefined, reason: "unknown" });
	});

	test("an encoded slash never joins two segments", () => {
		expect(match("/shop/api%2Fbilling")).toEqual({ route: undefined, reason: "unknown", app: "shop" });
		expect(match("/shop/api/billing%2Fv2")).toMatchObject({
			route: { function: "api", target: "/billing%2Fv2" },
		});
	});
});

describe("malformed paths", () => {
	test.each([
		"",
		"*",
		"shop/pay",
		"ftp://x/shop/pay",
		"/shop/./pay",
		"/shop/../blog/pay",
		"/blog/../shop/pay",
		"/shop/pay/..",
		"/shop/pay/../api",
		"/shop/pay/%2e%2E/x",
		"/shop/pay/.%2e",
		"/%2e/shop/pay",
	])("%s", (target) => {
		expect(match(target)).toEqual({ route: undefined, reason: "malformed" });
	});
});

test("the rest of the path is unchanged, and prefix plus rest make the whole path", () => {
	const segment = fc.stringMatching(/^[A-Za-z0-9%._~!$&'()*+,;=:@-]{0,8}$/);
	const path = fc
		.array(segment, { maxLength: 6 })
		.map((segments) => segments.map((part) => `/${part}`).join(""));
	fc.assert(
		fc.property(path, fc.stringMatching(/^(\?[a-z=/%.]{0,10})?$/), (rest, query) => {
			const routing = match(`/blog/pay${rest}${query}`);
			if (routing.route === undefined) {
				expect(rest).toMatch(/\/(\.|%2e){1,2}(\/|$)/i);
				return;
			}
			expect(routing.route.prefix).toBe("/blog/pay");
			expect(routing.route.target).toBe(`${rest === "" ? "/" : rest}${query}`);
		}),
		{ numRuns: 2_000 },
	);
});

test("a path of a hundred thousand segments is matched without delay", () => {
	expect(match(`/shop/${"api/".repeat(100_000)}`)).toMatchObject({ route: { function: "api" } });
});

test.each([
	["/shop/pay", "/pay", "/shop"],
	["/shop/pay/?x=/", "/pay?x=/", "/shop"],
	["/shop/pay?x", "/pay?x", "/shop"],
	["/shop/api/billing/x/?y", "/api/billing/x/?y", "/shop"],
	["/shop/pay//", "/pay//", "/shop"],
])("a function whose paths begin with its name gets for %s the path %s", (request, target, removed) => {
	const { route } = match(request);
	expect(route && withName(route)).toMatchObject({ target, removed });
});

test("with a single app, a function whose paths begin with its name gets the whole path", () => {
	const { route } = matchRoute("/pay/x", functionsOf, "shop");
	expect(route && withName(route)).toMatchObject({ target: "/pay/x", removed: "/" });
});
