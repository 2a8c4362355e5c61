# Images, audio, video and files go only to backends that are declared to take them (backends[].modalities).
package guard

deny contains {
	"code": "modality_not_declared",
	"message": sprintf("this model is not declared to take %s parts: send text, or ask the operator", [kind]),
} if {
	some part in input.media
	kind := object.get(part, "kind", "unknown")
	not modality_declared(kind)
}

modality_declared(kind) if kind in input.modalities
