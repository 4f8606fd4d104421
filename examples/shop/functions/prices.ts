/** Adds up a basket with tax. It reads no secret, so no changed secret restarts it. */
const CENTS: Record<string, number> = { tea: 490, mug: 1250, kettle: 3900 };
const TAX_PERCENT: Record<string, number> = { AT: 20, DE: 19, FR: 20 };

Deno.serve((request) => {
	const query = new URL(request.url).searchParams;
	const tax = TAX_PERCENT[query.get("country") ?? "DE"];
	const items = query.getAll("item");
	const unknown = items.find((item) => !Object.hasOwn(CENTS, item));
	if (tax === undefined || unknown !== undefined || items.length === 0) {
		return Response.json({ error: "Say ?item=tea&item=mug&country=DE" }, { status: 400 });
	}
	const net = items.reduce((sum, item) => sum + (CENTS[item] ?? 0), 0);
	return Response.json({ net, tax: Math.round((net * tax) / 100), cents: Math.round(net * (1 + tax / 100)) });
});
