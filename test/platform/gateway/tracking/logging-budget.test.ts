/** Which requests of a flood are logged, and how many are reported as missing. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
	LoggingBudget,
	LOGGED_PER_SECOND_MAX as MAX,
} from "../../../../src/platform/gateway/tracking/logging-budget.ts";

const PAY = { app: "shop", function: "pay", firstDeployment: "d1" };
const MAIL = { app: "shop", function: "mail", firstDeployment: "d2" };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The number of requests that are logged, of some that end at once. */
function logged(
	budget: LoggingBudget,
	of: typeof PAY,
	count: number,
	hasFailed: boolean,
	nowMs: number,
): number {
	return Array.from({ length: count }, () => budget.take(of, hasFailed, nowMs)).filter(Boolean).length;
}

test("each function has a budget for each second, and one more for what fails", () => {
	const budget = new LoggingBudget(() => {});
	expect(logged(budget, PAY, MAX + 5, false, 100)).toBe(MAX);
	expect(logged(budget, PAY, 5, false, 1_099)).toBe(0);
	expect(logged(budget, PAY, MAX + 5, true, 1_099)).toBe(MAX);
	expect(logged(budget, MAIL, 5, false, 1_099)).toBe(5);
	expect(logged(budget, PAY, 5, false, 1_100)).toBe(5);
});

test("the others are counted, and reported after a while, or at the end", async () => {
	const onMissing = vi.fn();
	const budget = new LoggingBudget(onMissing);
	logged(budget, PAY, MAX + 7, false, 0);
	logged(budget, PAY, MAX + 2, true, 0);
	logged(budget, MAIL, 1, false, 0);
	expect(onMissing).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(onMissing.mock.calls).toEqual([[PAY, 9]]);
	await vi.advanceTimersByTimeAsync(60_000);
	logged(budget, MAIL, MAX + 1, false, 70_000);
	budget.flush();
	expect(onMissing.mock.calls.slice(1)).toEqual([[MAIL, 1]]);
	expect(vi.getTimerCount()).toBe(0);
});

test("a function that was deployed anew has a budget of its own, and the deleted one is reported as such", () => {
	const onMissing = vi.fn();
	const budget = new LoggingBudget(onMissing);
	logged(budget, PAY, MAX + 3, false, 0);
	const again = { ...PAY, firstDeployment: "d9" };
	expect(logged(budget, again, 5, false, 0)).toBe(5);
	expect(onMissing.mock.calls).toEqual([[PAY, 3]]);
	budget.flush();
});
