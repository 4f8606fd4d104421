import { testTorture } from "../in-short.ts";
import { torture } from "./writers.torture.ts";

testTorture(torture, { seed: 1, rounds: 20, plants: ["the lock locks nothing"] });
