import CronWire
import Testing

@Suite struct JSONObjectTests {
  @Test func `members keep their order through every change`() {
    var object = JSONObject([("b", 1), ("a", 2), ("b", 3)])
    #expect(object.members.map(\.key) == ["b", "a"])
    #expect(object["b"] == 3)
    object["c"] = "x"
    object["b"] = nil
    object["a"] = [true]
    object["missing"] = nil
    #expect(object.members.map(\.key) == ["a", "c"])
    #expect(object.count == 2)
    #expect(JSONWriter.text(.object(object)) == #"{"a":[true],"c":"x"}"#)
  }

  @Test func `objects of another order are different`() {
    #expect(JSONObject([("a", 1), ("b", 2)]) != JSONObject([("b", 2), ("a", 1)]))
  }

  @Test func `accessors answer for their own kind only`() {
    let value: JSONValue = ["flag": true, "count": 3, "ratio": 0.5, "name": "x", "list": [1, 2], "none": nil]
    #expect(value["flag"]?.boolValue == true)
    #expect(value["count"]?.integerValue == 3)
    #expect(value["count"]?.numberValue == 3)
    #expect(value["ratio"]?.numberValue == 0.5)
    #expect(value["ratio"]?.integerValue == nil)
    #expect(value["name"]?.stringValue == "x")
    #expect(value["name"]?.numberValue == nil)
    #expect(value["list"]?[1] == 2)
    #expect(value["list"]?[2] == nil)
    #expect(value["list"]?[-1] == nil)
    #expect(value["list"]?.arrayValue?.count == 2)
    #expect(value["none"]?.isNull == true)
    #expect(value["absent"] == nil)
    #expect(value["name"]?["x"] == nil)
    #expect(value["flag"]?.stringValue == nil)
    #expect(value.objectValue?.count == 6)
    #expect(value.boolValue == nil)
  }
}
