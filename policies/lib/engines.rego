# What the engines said of a request.
package guard.lib.engines

# Those of the engines named that gave no verdict on the request: failed, too slow, not asked, or not there at all.
unheard(names) := {name |
	some name in names
	not name in heard
}

heard contains engine.name if {
	some engine in input.engines
	engine.status == "OK"
}
