# Where requests may go.
package guard.lib.backends

# What stands in all of the lists, in the order of the first.
common(lists) := [name |
	some name in lists[0]
	lacking := [1 | some list in lists; not name in list]
	count(lacking) == 0
]

# The backend that is meant, if it is allowed, or else the first that is.
one_of(allowed, meant) := meant if {
	meant in allowed
} else := allowed[0]
