"""The families of exercises by topic, one module each, and more where a topic needs more variety."""

from __future__ import annotations

from learnflow_ext.exercises.families import (
    basics,
    control_flow,
    data_structures,
    errors,
    files,
    functions,
    libraries,
    objects,
)
from learnflow_ext.exercises.families.abstractions import ABSTRACTIONS
from learnflow_ext.exercises.families.ballots import BALLOTS
from learnflow_ext.exercises.families.blocks import BLOCKS
from learnflow_ext.exercises.families.calls import CALLS
from learnflow_ext.exercises.families.chains import CHAINS
from learnflow_ext.exercises.families.clocks import CLOCKS
from learnflow_ext.exercises.families.clubs import CLUBS
from learnflow_ext.exercises.families.copies import COPIES
from learnflow_ext.exercises.families.decks import DECKS
from learnflow_ext.exercises.families.doors import DOORS
from learnflow_ext.exercises.families.draws import DRAWS
from learnflow_ext.exercises.families.folders import FOLDERS
from learnflow_ext.exercises.families.games import GAMES
from learnflow_ext.exercises.families.gauges import GAUGES
from learnflow_ext.exercises.families.grids import GRIDS
from learnflow_ext.exercises.families.guards import GUARDS
from learnflow_ext.exercises.families.letters import LETTERS
from learnflow_ext.exercises.families.links import LINKS
from learnflow_ext.exercises.families.logs import LOGS
from learnflow_ext.exercises.families.machines import MACHINES
from learnflow_ext.exercises.families.making import Family
from learnflow_ext.exercises.families.maps import MAPS
from learnflow_ext.exercises.families.measures import MEASURES
from learnflow_ext.exercises.families.memories import MEMORIES
from learnflow_ext.exercises.families.modules import MODULES
from learnflow_ext.exercises.families.orders import ORDERS
from learnflow_ext.exercises.families.parts import PARTS
from learnflow_ext.exercises.families.paths import PATHS
from learnflow_ext.exercises.families.pipelines import PIPELINES
from learnflow_ext.exercises.families.queues import QUEUES
from learnflow_ext.exercises.families.records import RECORDS
from learnflow_ext.exercises.families.recursion import RECURSION
from learnflow_ext.exercises.families.relays import RELAYS
from learnflow_ext.exercises.families.rescues import RESCUES
from learnflow_ext.exercises.families.rules import RULES
from learnflow_ext.exercises.families.scripts import SCRIPTS
from learnflow_ext.exercises.families.shapes import SHAPES
from learnflow_ext.exercises.families.stores import STORES
from learnflow_ext.exercises.families.streaks import STREAKS
from learnflow_ext.exercises.families.tables import TABLES
from learnflow_ext.exercises.families.tallies import TALLIES
from learnflow_ext.exercises.families.teams import TEAMS
from learnflow_ext.exercises.families.tracebacks import TRACEBACKS
from learnflow_ext.exercises.families.trails import TRAILS
from learnflow_ext.exercises.families.trials import TRIALS
from learnflow_ext.exercises.families.truths import TRUTHS
from learnflow_ext.exercises.families.values import VALUES
from learnflow_ext.exercises.families.walks import WALKS
from learnflow_ext.exercises.families.witnesses import WITNESSES

FAMILIES: dict[str, tuple[Family, ...]] = {
    "basics": (*basics.FAMILIES, MACHINES, TRUTHS, MEASURES),
    "control_flow": (*control_flow.FAMILIES, RULES, WALKS, STREAKS, GAMES),
    "data_structures": (*data_structures.FAMILIES, PIPELINES, GRIDS, CLUBS, RECORDS),
    "functions": (*functions.FAMILIES, ABSTRACTIONS, CALLS, RECURSION, PARTS, ORDERS),
    "objects": (*objects.FAMILIES, TEAMS, TALLIES, SHAPES, QUEUES, GAUGES, VALUES, COPIES, LINKS),
    "files": (*files.FAMILIES, LOGS, BALLOTS, LETTERS, TABLES, FOLDERS, BLOCKS, TRAILS, MEMORIES),
    "errors": (*errors.FAMILIES, GUARDS, DOORS, RESCUES, STORES, RELAYS, TRACEBACKS, TRIALS, WITNESSES),
    "libraries": (*libraries.FAMILIES, MODULES, CLOCKS, CHAINS, DECKS, DRAWS, MAPS, PATHS, SCRIPTS),
}
"""In teaching order."""
